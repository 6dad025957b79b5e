// Gradio 6.31 counts the seconds of the status that it shows while the page loads, and goes on for ever: 50 times a second,
// 6 % of a processor core for as long as the page is open. Here it counts only while a status is shown.
(() => {
    const next = window.requestAnimationFrame;
    const shown = () => document.querySelector('[data-testid=status-tracker]:not(.hide)');
    window.requestAnimationFrame = callback =>
        next(/performance\.now\(\)-/.test(callback) ? now => shown() && callback(now) : callback);
})();
