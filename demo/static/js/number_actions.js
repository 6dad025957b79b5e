// After copy.js, what can be done with a number: another one looked at or chosen, copied, saved as a card, shared. This is
// the js_on_load of a gr.HTML, which gives `element` and `trigger`.
const CARD = {width: 1200, photo: 900, foot: 240}; // pixels
const number = () => element.querySelector('.verdict').dataset.number ?? '';
const done = sentence => { element.querySelector('.done').textContent = sentence; };

async function copy() {
    await copyText(number());
    done('Copied.');
}

// The photo with its box over the number plate, as a JPEG.
async function card() {
    const picture = document.querySelector('#stage img.photo'), found = document.querySelector('#stage .box');
    const canvas = document.createElement('canvas'), pen = canvas.getContext('2d');
    const scale = Math.min(CARD.width / picture.naturalWidth, CARD.photo / picture.naturalHeight);
    const [width, height] = [picture.naturalWidth * scale, picture.naturalHeight * scale];
    [canvas.width, canvas.height] = [CARD.width, height + CARD.foot];
    pen.fillStyle = '#f7f5f1';
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, (CARD.width - width) / 2, 0, width, height);
    if (found) {
        const side = name => Number(found.style.getPropertyValue(name));
        pen.strokeStyle = 'rgb(21 136 62)';
        pen.lineWidth = 6;
        pen.strokeRect((CARD.width - width) / 2 + side('--l') * width, side('--t') * height,
            (side('--r') - side('--l')) * width, (side('--b') - side('--t')) * height);
    }
    pen.font = '700 120px system-ui, sans-serif';
    const plate = Math.max(260, pen.measureText(number()).width + 100), left = (CARD.width - plate) / 2, top = height + 28;
    for (const [inset, colour] of [[0, '#1d447f'], [7, '#f4f1ea'], [12, '#1d447f']]) {
        pen.fillStyle = colour;
        pen.beginPath();
        pen.roundRect(left + inset, top + inset, plate - 2 * inset, 150 - 2 * inset, 26 - inset);
        pen.fill();
    }
    [pen.fillStyle, pen.textAlign, pen.textBaseline] = ['#fff', 'center', 'middle'];
    pen.fillText(number(), CARD.width / 2, top + 80);
    [pen.fillStyle, pen.font] = ['#57534e', '400 26px system-ui, sans-serif'];
    pen.fillText('Read by House-number reader', CARD.width / 2, top + 184);
    const blob = await new Promise(made => canvas.toBlob(made, 'image/jpeg', 0.9));
    return new File([blob], `house-number-${number()}.jpg`, {type: 'image/jpeg'});
}

async function save() {
    const link = Object.assign(document.createElement('a'), {download: `house-number-${number()}.jpg`});
    link.href = URL.createObjectURL(await card());
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    done('Saved.');
}

async function share() {
    const files = [await card()];
    const text = `House number ${number()}`;
    try {
        const what = {text, title: text, url: pageAddress()};
        await navigator.share(navigator.canShare?.({...what, files}) ? {...what, files} : what);
    } catch (error) {
        if (error.name !== 'AbortError') done('Sharing did not work here.');
    }
}

// A near tie: the number that a person taps goes to the plate, the clipboard and the card.
function choose(button) {
    for (const each of element.querySelectorAll('[data-either]')) each.setAttribute('aria-pressed', each === button);
    element.querySelector('.verdict').dataset.number = button.dataset.either;
    element.querySelector('[data-plate]').textContent = button.dataset.either;
}

const ACTS = {copy, card: save, share};
element.addEventListener('click', event => {
    const button = event.target.closest('button');
    if (button?.dataset.act) ACTS[button.dataset.act]();
    else if (button?.dataset.either) choose(button);
    else if (button?.dataset.pick) trigger('pick', {index: Number(button.dataset.pick)});
});
if (navigator.share && matchMedia('(hover: none)').matches) element.classList.add('shares');
