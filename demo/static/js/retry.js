// A full page answers 503 and says when to come back: the visitor sees why it takes longer, and the request is sent again.
(() => {
    const MOST = 12, PAUSE_S = 5; // after so many answers of that kind, the last one counts
    const request = window.fetch;
    let waiting = 0;

    function show(change) {
        waiting += change;
        const note = document.getElementById('busy') ?? document.body.appendChild(
            Object.assign(document.createElement('p'), {id: 'busy', role: 'status'}));
        note.textContent = waiting ? 'Many people are using this page just now. Your photo is read as soon as there is room.' : '';
    }

    window.fetch = async (...sent) => {
        for (let left = MOST; ; left -= 1) {
            const answer = await request(...sent);
            if (answer.status !== 503 || !left) return answer;
            show(1);
            const seconds = Number(answer.headers.get('retry-after')) || PAUSE_S;
            await new Promise(done => setTimeout(done, seconds * 1000 * (0.75 + Math.random() / 2))); // not all at once
            show(-1);
        }
    };
})();
