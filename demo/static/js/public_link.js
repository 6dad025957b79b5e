// After copy.js, the panel with the public link: copying it, the share sheet of a phone, and closing the panel. This is the
// js_on_load of a gr.HTML, which gives `element`.
const close = () => element.querySelector('details')?.removeAttribute('open');
element.addEventListener('click', async event => {
    const button = event.target.closest('button');
    if (!button) return;
    const url = element.querySelector('a').href;
    if (button.dataset.act === 'send') return navigator.share({url, title: document.title}).catch(() => {});
    await copyText(url);
    element.querySelector('.done').textContent = 'Copied.';
});
document.addEventListener('click', event => { if (!element.contains(event.target)) close(); });
document.addEventListener('keydown', event => { if (event.key === 'Escape') close(); });
if (navigator.share && matchMedia('(hover: none)').matches) element.classList.add('shares');
