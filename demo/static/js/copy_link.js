// After copy.js, the button in the header that copies the address of this page. This is the js_on_load of a gr.HTML, which
// gives `element`. The button says that it has copied until something else is clicked.
const button = element.querySelector('button'), spoken = element.querySelector('[role=status]');
const say = (words, sentence) => { [button.textContent, spoken.textContent] = [words, sentence]; };
document.addEventListener('click', async event => {
    if (!button.contains(event.target)) return say('Copy link', '');
    await copyText(pageAddress());
    say('Link copied', 'Link copied');
});
