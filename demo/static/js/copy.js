// The address to pass on: the public link where there is one, and nothing that Gradio adds to the page's own.
const pageAddress = () => document.querySelector('#share a')?.href ?? location.origin + location.pathname;

async function copyText(text) {
    try {
        await navigator.clipboard.writeText(text);
    } catch { // not a secure page: the old way
        const field = document.body.appendChild(Object.assign(document.createElement('textarea'), {value: text}));
        field.select();
        document.execCommand('copy');
        field.remove();
    }
}
