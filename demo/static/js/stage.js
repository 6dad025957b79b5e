// After send.js, the stage: the photo with its boxes. props.value is {box, file}: the box [left, top, right, bottom] in
// pixels of the photo, and the file that was sent last. Setting a prop redraws the stage.
const LEAST = 2; // pixels a side

// A photo that is dropped or pasted anywhere, or comes from another tab. The tab "Many photos" takes its own.

function receive(event, files) {
    const file = [...(files ?? [])].find(each => each.type.startsWith('image/') || /\.hei[cf]$/i.test(each.name)) ?? files?.[0];
    if (!file || event.defaultPrevented || isSeen('many')) return;
    event.preventDefault();
    document.dispatchEvent(new CustomEvent('photo', {detail: file}));
}
document.addEventListener('dragover', event => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault(); // or the browser would leave the page for the file
    room.dataset.over = '';
});
document.addEventListener('dragleave', event => { if (!event.relatedTarget) room.removeAttribute('data-over'); });
document.addEventListener('drop', event => {
    room.removeAttribute('data-over');
    receive(event, event.dataTransfer?.files);
    if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
});
document.addEventListener('paste', event => receive(event, event.clipboardData?.files));
document.addEventListener('photo', event => {
    if (isSeen('compare-send')) return;
    document.querySelector('#tabs [role=tab]').click();
    send(event.detail);
});

element.addEventListener('load', event => { if (event.target.matches('.photo')) preview(null); }, true);
element.addEventListener('error', event => { if (event.target.matches('.coming')) preview(null); }, true);

// Buttons.

const ACTS = {
    undo: () => trigger('undo'),
    draw: event => {
        if (props.view !== 'photo') props.view = 'photo';
        if (event.detail) return void (props.draws = !props.draws); // by a pointer, which then draws
        place([0.3, 0.35, 0.7, 0.65].map((share, i) => Math.round(share * (i % 2 ? props.height : props.width))));
        trigger('corrected');
        requestAnimationFrame(() => part('box')?.focus());
    },
};
element.addEventListener('click', event => {
    const button = event.target.closest('button');
    if (!button) return;
    if (button.dataset.act) ACTS[button.dataset.act]?.(event);
    else if (button.dataset.pick) trigger('pick', {index: Number(button.dataset.pick)});
    else if (button.dataset.view) {
        props.draws = false;
        props.view = button.dataset.view;
        if (props.view !== 'photo' && !props.overlays.note) trigger('explain');
    }
});

// Moving the box, by pointer or by keyboard, and drawing one.

const LEAST_DRAWN = 6; // pixels of the screen a side: less is a tap
let held = null; // while a pointer holds the box: which one, by which sides, where and what it was at first, or that it draws
const within = (value, low, high) => Math.round(Math.min(Math.max(value, low), Math.max(low, high)));
const place = box => { props.value = {...props.value, box}; };

// The box moved, or only the named sides of it ("left top"), by dx and dy, and still inside the photo.
function moved([left, top, right, bottom], sides, dx, dy) {
    if (!sides) {
        const x = within(left + dx, 0, props.width - (right - left));
        const y = within(top + dy, 0, props.height - (bottom - top));
        return [x, y, x + right - left, y + bottom - top];
    }
    return [
        sides.includes('left') ? within(left + dx, 0, right - LEAST) : left,
        sides.includes('top') ? within(top + dy, 0, bottom - LEAST) : top,
        sides.includes('right') ? within(right + dx, left + LEAST, props.width) : right,
        sides.includes('bottom') ? within(bottom + dy, top + LEAST, props.height) : bottom,
    ];
}

// The box from one corner, where the pointer went down, to the other, both in pixels of the screen; null for a tap.
function drawn(x, y, toX, toY) {
    if (Math.min(Math.abs(toX - x), Math.abs(toY - y)) < LEAST_DRAWN) return null;
    const {left, top, width} = part('frame').getBoundingClientRect(), scale = props.width / width;
    const [xs, ys] = [[x, toX], [y, toY]].map(ends => ends.sort((a, b) => a - b));
    const [near, far] = [0, 1].map(i => [
        within((xs[i] - left) * scale, 0, props.width), within((ys[i] - top) * scale, 0, props.height),
    ]);
    return far[0] - near[0] < LEAST || far[1] - near[1] < LEAST ? null : [...near, ...far];
}

element.addEventListener('pointerdown', event => {
    const box = event.target.closest(props.draws ? '.frame' : '.box');
    if (!box || held || event.button !== 0) return;
    event.preventDefault();
    box.focus({preventScroll: true});
    box.setPointerCapture(event.pointerId);
    const {pointerId: id, clientX: x, clientY: y} = event;
    held = {id, x, y, sides: event.target.dataset.sides || '', box: props.value.box, draws: props.draws};
});

element.addEventListener('pointermove', event => {
    if (held?.id !== event.pointerId) return;
    if (held.draws) return place(drawn(held.x, held.y, event.clientX, event.clientY));
    const scale = props.width / part('frame').clientWidth;
    place(moved(held.box, held.sides, (event.clientX - held.x) * scale, (event.clientY - held.y) * scale));
});

for (const end of ['pointerup', 'pointercancel']) {
    element.addEventListener(end, event => {
        if (held?.id !== event.pointerId) return;
        if (held.draws && end === 'pointercancel') place(held.box);
        const changed = String(props.value.box) !== String(held.box);
        if (held.draws && changed) props.draws = false;
        held = null;
        if (changed) trigger('corrected');
    });
}

const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
element.addEventListener('keydown', event => {
    if (event.key === 'Escape' && props.draws && !held) props.draws = false;
    const arrow = ARROWS[event.key];
    if (!arrow || !event.target.closest('.box')) return;
    event.preventDefault();
    const step = Math.max(1, Math.round(Math.max(props.width, props.height) / 100));
    place(moved(props.value.box, event.shiftKey ? 'right bottom' : '', arrow[0] * step, arrow[1] * step));
});
element.addEventListener('keyup', event => {
    if (event.key in ARROWS && event.target.closest('.box')) trigger('corrected');
});
