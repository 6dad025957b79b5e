// A number as a picture to pass on: the photo with its box, the plate as the page shows it, and the address of the page.
// After copy.js. `verdict` is the section that the page shows, of which the number and the words are.
const CARD = {width: 1200, photo: 900, foot: 276}; // pixels
const [BLUE, CREAM, PAPER, AMBER, GREEN, GREY] = ['#1d447f', '#f4f1ea', '#f7f5f1', '#92610a', 'rgb(21 136 62)', '#57534e'];

// "Check this · 58 % confidence · Compare it with the photo."; of a number that a person preferred, what was read.
function wordsOf(verdict) {
    const words = selector => verdict.querySelector(selector)?.textContent.trim().replace(/\s+/g, ' ');
    const read = verdict.querySelector('[data-either]')?.dataset.either ?? verdict.dataset.number;
    const share = words('.share > span:last-child');
    const why = read === verdict.dataset.number ? [share, words('.advice')] : [`Chosen by hand instead of ${read} (${share})`];
    return [words('h2'), ...why].filter(each => each).join(' · ');
}

async function drawCard(verdict) {
    const picture = document.querySelector('#stage img.photo'), found = document.querySelector('#stage .box');
    const canvas = document.createElement('canvas'), pen = canvas.getContext('2d');
    const scale = Math.min(CARD.width / picture.naturalWidth, CARD.photo / picture.naturalHeight);
    const [width, height] = [picture.naturalWidth * scale, picture.naturalHeight * scale];
    [canvas.width, canvas.height] = [CARD.width, height + CARD.foot];
    pen.fillStyle = PAPER;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, (CARD.width - width) / 2, 0, width, height);
    if (found) {
        const side = name => Number(found.style.getPropertyValue(name));
        [pen.strokeStyle, pen.lineWidth] = [GREEN, 6];
        pen.strokeRect((CARD.width - width) / 2 + side('--l') * width, side('--t') * height,
            (side('--r') - side('--l')) * width, (side('--b') - side('--t')) * height);
    }
    const {number, state} = verdict.dataset, sure = state === 'confident';
    drawPlate(pen, number, sure, height + 28);
    write(pen, wordsOf(verdict), '600 30px', sure ? GREY : AMBER, height + 212);
    write(pen, `Read by House-number reader, ${pageAddress()}`, '400 24px', GREY, height + 250);
    const blob = await new Promise(made => canvas.toBlob(made, 'image/jpeg', 0.9));
    return new File([blob], `house-number-${number}.jpg`, {type: 'image/jpeg'});
}

// Enamel for a confident reading, and a dashed outline for one to check, as on the page.
function drawPlate(pen, number, sure, top) {
    pen.font = '700 120px system-ui, sans-serif';
    const width = Math.max(260, pen.measureText(number).width + 100), left = (CARD.width - width) / 2;
    const shape = inset => {
        pen.beginPath();
        pen.roundRect(left + inset, top + inset, width - 2 * inset, 150 - 2 * inset, 26 - inset);
    };
    if (sure) {
        for (const [inset, colour] of [[0, BLUE], [7, CREAM], [12, BLUE]]) {
            pen.fillStyle = colour;
            shape(inset);
            pen.fill();
        }
    } else {
        [pen.strokeStyle, pen.lineWidth] = [AMBER, 6];
        pen.setLineDash([18, 12]);
        shape(3);
        pen.stroke();
    }
    write(pen, number, '700 120px', sure ? '#fff' : '#292524', top + 80);
}

// One line in the middle of the card, narrower letters where it would be too wide.
function write(pen, words, font, colour, y) {
    [pen.font, pen.fillStyle, pen.textAlign, pen.textBaseline] = [`${font} system-ui, sans-serif`, colour, 'center', 'middle'];
    pen.fillText(words, CARD.width / 2, y, CARD.width - 80);
}
