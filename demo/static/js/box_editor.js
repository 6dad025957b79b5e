// Runs when the editor is there, with Gradio's `element`, `props` and `trigger`. Setting props.value, the box
// [left, top, right, bottom] in pixels of the photo, draws it anew.
const LEAST = 2; // pixels a side
let held = null; // while a pointer holds the box: which one, by which sides, where and what it was at first

const within = (value, low, high) => Math.round(Math.min(Math.max(value, low), Math.max(low, high)));

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

element.addEventListener('pointerdown', event => {
    const box = event.target.closest('.box');
    if (!box || held || event.button !== 0) return;
    event.preventDefault();
    box.focus({preventScroll: true});
    box.setPointerCapture(event.pointerId);
    const {pointerId: id, clientX: x, clientY: y} = event;
    held = {id, x, y, sides: event.target.dataset.sides || '', box: props.value};
});

element.addEventListener('pointermove', event => {
    if (held?.id !== event.pointerId) return;
    const scale = props.width / element.querySelector('.stage').clientWidth;
    props.value = moved(held.box, held.sides, (event.clientX - held.x) * scale, (event.clientY - held.y) * scale);
});

for (const end of ['pointerup', 'pointercancel']) {
    element.addEventListener(end, event => {
        if (held?.id !== event.pointerId) return;
        const changed = String(props.value) !== String(held.box);
        held = null;
        if (changed) trigger('release');
    });
}

const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};

element.addEventListener('keydown', event => {
    const arrow = ARROWS[event.key];
    if (!arrow || !event.target.closest('.box')) return;
    event.preventDefault();
    const step = Math.max(1, Math.round(Math.max(props.width, props.height) / 100));
    props.value = moved(props.value, event.shiftKey ? 'right bottom' : '', arrow[0] * step, arrow[1] * step);
});

element.addEventListener('keyup', event => {
    if (event.key in ARROWS && event.target.closest('.box')) trigger('release');
});
