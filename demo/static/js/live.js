// The camera as it runs. Gradio gives `element`, `props` and `server`: this is the js_on_load of a gr.HTML.
const SIDES = {least: 384, most: 640}; // pixels of a frame's longer side: a slow machine gets smaller frames
const SLOW_MS = 180, QUICK_MS = 80; // an answer that takes longer is slow; frames follow no quicker than that
const CALM_MS = 300, HOLD_MS = 1200; // the words change no quicker; a confident number is kept for a while
const VOTERS = 12, LEAST_VOTES = 3; // frames whose numbers are counted; a number with fewer is not shown
const [stage, video, still, boxes, verdict, spoken, button, keep, note, votes, pace] = [
    'stage', 'video', 'still', 'boxes', 'verdict', 'spoken', 'button', 'keep', 'note', 'votes', 'pace',
].map(name => element.querySelector(`[data-part="${name}"]`));
const pause = ms => new Promise(done => setTimeout(done, ms));
let run = null; // of the camera: its stream and the time when it stops

const REASONS = {
    asked: 'Stopped; the camera is off.',
    time: `Stopped by itself after ${props.limit_s} seconds, so that others get their turn. Start it again to continue.`,
    left: 'Stopped because this page was hidden. Start it again to continue.',
    unplugged: 'The camera stopped sending pictures. Start it again to continue.',
    lost: 'The page no longer answers. Reload it, then start the camera again.',
};
const REFUSALS = {
    NotAllowedError: 'The browser may not use the camera. Allow it for this page, then start it again.',
    NotFoundError: 'There is no camera on this device. A photo in the tab “One photo” will do.',
    NotReadableError: 'The camera is busy in another program. Close that, then start it again.',
};

async function openCamera() {
    if (!navigator.mediaDevices) throw Error('Browsers allow the camera only on https pages and on this machine.');
    const size = {width: {ideal: 640}, height: {ideal: 480}};
    try {
        return await navigator.mediaDevices.getUserMedia({audio: false, video: {...size, facingMode: {ideal: 'environment'}}});
    } catch (error) {
        throw Error(REFUSALS[error.name] ?? 'The camera could not be started; try another one.');
    }
}

async function start() {
    button.disabled = true;
    try {
        const stream = await openCamera();
        const mine = run = {stream, until: performance.now() + props.limit_s * 1000};
        stream.getVideoTracks()[0].onended = () => stop(mine, 'unplugged');
        setTimeout(() => stop(mine, 'time'), props.limit_s * 1000);
        video.srcObject = stream;
        video.play().catch(() => {}); // interrupted when stopped at once
        stage.dataset.state = 'running';
        keep.hidden = false;
        votes.textContent = '';
        button.textContent = 'Stop the camera';
        note.textContent = 'Starting …';
        follow(mine);
    } catch (error) {
        note.textContent = error.message;
    } finally {
        button.disabled = false;
    }
}

function stop(which, reason) {
    if (run !== which) return;
    run = null;
    which.stream.getTracks().forEach(track => track.stop());
    video.srcObject = null;
    stage.dataset.state = 'stopped'; // shows the last frame that was sent, with its boxes
    button.textContent = 'Start the camera';
    note.textContent = REASONS[reason] ?? reason;
    pace.textContent = '';
}

// One frame after the other, each as new as can be: the next is taken when the one before has been answered.
async function follow(mine) {
    let side = SIDES.most, lost = 0, changed = 0, sure = false, answered = [], numbers = [];
    while (run === mine) {
        if (document.hidden || !stage.offsetParent) return stop(mine, 'left');
        if (!video.videoWidth) {
            await pause(QUICK_MS);
            continue;
        }
        const began = performance.now();
        const answer = await server.read_frame(frame(side));
        const now = performance.now();
        if (run && run !== mine) return; // stopped and started again meanwhile
        if (!answer || answer.busy) {
            if (!answer && (lost += 1) === 3) return stop(mine, 'lost');
            if (answer) note.textContent = 'Many people are using the camera just now; yours continues as soon as there is room.';
            await pause(1000);
            continue;
        }
        if (answer.error) return stop(mine, answer.error);
        lost = 0;
        side = now - began > SLOW_MS ? Math.max(SIDES.least, side * 0.8) : Math.min(SIDES.most, side * 1.02);
        draw(answer.boxes);
        numbers = [...numbers, answer.number].slice(-VOTERS);
        count(numbers);
        if (now - changed > (sure && !answer.sure ? HOLD_MS : CALM_MS)) {
            [changed, sure] = [now, answer.sure];
            verdict.innerHTML = answer.verdict;
            if (spoken.textContent !== answer.spoken) spoken.textContent = answer.spoken;
        }
        if (run !== mine) return; // stopped meanwhile; this was the frame that stays
        answered = [...answered.filter(time => now - time < 2000), now];
        report(answered, mine.until - now);
        await pause(QUICK_MS - (now - began));
    }
}

// The camera's picture at that size, as base64 of a JPEG; not mirrored.
function frame(side) {
    const factor = Math.min(1, side / Math.max(video.videoWidth, video.videoHeight));
    still.width = Math.round(video.videoWidth * factor);
    still.height = Math.round(video.videoHeight * factor);
    still.getContext('2d').drawImage(video, 0, 0, still.width, still.height);
    return still.toDataURL('image/jpeg', 0.8).split(',')[1];
}

function draw(found) {
    while (boxes.childElementCount > found.length) boxes.lastElementChild.remove();
    while (boxes.childElementCount < found.length) boxes.append(document.createElement('div'));
    found.forEach(({place: [x, y, width, height], label}, i) => {
        const box = boxes.children[i], tag = document.createElement('b');
        box.style.cssText = `left:${x * 100}%;top:${y * 100}%;width:${width * 100}%;height:${height * 100}%`;
        box.className = `${y < 0.12 ? 'under' : ''} ${x > 0.7 ? 'leftwards' : ''}`; // where the tag has room
        tag.textContent = label;
        box.replaceChildren(tag);
    });
}

// What most of the last frames agree on: one frame may err where twelve do not.
function count(numbers) {
    const counted = {};
    for (const number of numbers) if (number) counted[number] = (counted[number] ?? 0) + 1;
    const [best, n] = Object.entries(counted).sort((a, b) => b[1] - a[1])[0] ?? ['', 0];
    votes.textContent = n < LEAST_VOTES ? '' : `${best} in ${n} of the last ${numbers.length} frames`;
}

// The frame that is shown goes to the first tab, as a photo.
keep.onclick = () => {
    const shown = run ? video : still, copy = document.createElement('canvas');
    [copy.width, copy.height] = run ? [video.videoWidth, video.videoHeight] : [still.width, still.height];
    copy.getContext('2d').drawImage(shown, 0, 0, copy.width, copy.height);
    copy.toBlob(blob => document.dispatchEvent(new CustomEvent('photo', {
        detail: new File([blob], 'frame.jpg', {type: 'image/jpeg'}),
    })), 'image/jpeg', 0.95);
};

function report(answered, left) {
    const seconds = (answered.at(-1) - answered[0]) / 1000;
    const rate = seconds ? ((answered.length - 1) / seconds).toFixed(1) : '…';
    note.textContent = '';
    pace.innerHTML = `<b>${rate}</b> readings a second · turns off in <b>${Math.ceil(left / 1000)}</b> s`;
}

video.onresize = () => stage.style.setProperty('--aspect', video.videoWidth / video.videoHeight);
button.onclick = () => (run ? stop(run, 'asked') : start());
