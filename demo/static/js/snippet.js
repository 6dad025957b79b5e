// After copy.js, the button of a snippet. This is the js_on_load of a gr.HTML, which gives `element`.
element.addEventListener('click', async event => {
    const button = event.target.closest('button');
    if (!button) return;
    await copyText(element.querySelector('code').textContent);
    button.textContent = 'Copied';
});
