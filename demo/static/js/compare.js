// After send.js: a photo that comes to the page while this tab is open.
document.addEventListener('photo', event => { if (element.offsetParent) send(event.detail); });
