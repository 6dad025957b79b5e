// After copy.js and card.js, what can be done with a number: another one looked at or chosen, copied, saved as a card,
// shared. This is the js_on_load of a gr.HTML, which gives `element` and `trigger`.
const verdict = () => element.querySelector('.verdict');
const number = () => verdict().dataset.number ?? '';
const done = sentence => { element.querySelector('.done').textContent = sentence; };

async function copy() {
    await copyText(number());
    done('Copied.');
}

async function save() {
    const card = await drawCard(verdict());
    const link = Object.assign(document.createElement('a'), {download: card.name, href: URL.createObjectURL(card)});
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    done('Saved.');
}

async function share() {
    const files = [await drawCard(verdict())];
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
    verdict().dataset.number = button.dataset.either;
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
