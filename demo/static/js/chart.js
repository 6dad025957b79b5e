// A cell's value in words, wherever it is pointed at, tapped or focused; one cell of a table is in the tab order.
const STEPS = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};
const cellOf = event => event.target.closest('[data-says]');
const say = event => {
    const cell = cellOf(event);
    if (!cell) return;
    element.querySelector('.pointed')?.classList.remove('pointed');
    cell.classList.add('pointed');
    const readout = cell.closest('.chart').querySelector('.readout');
    readout.textContent = cell.dataset.says;
    readout.classList.add('exact');
};
for (const kind of ['pointerover', 'click', 'focusin']) element.addEventListener(kind, say);
element.addEventListener('keydown', event => {
    const cell = cellOf(event);
    const [down, right] = STEPS[event.key] ?? [];
    const row = cell?.parentElement;
    const next = row?.parentElement.rows[row.sectionRowIndex + down]?.cells[cell.cellIndex + right];
    if (!next?.dataset.says) return;
    event.preventDefault();
    cell.closest('table').querySelector('[tabindex="0"]').tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
});
