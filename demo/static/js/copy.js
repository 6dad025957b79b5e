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
