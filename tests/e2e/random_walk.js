// Random legal gestures by the events of mouse and keys, as the browser would send them. Evaluated in the page.
async ([selector, count, seed]) => {
    const root = document.querySelector(selector);
    const { editor, scene, tools } = root.cvatWidgets;
    let state = seed >>> 0;
    const random = () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 2 ** 32;
    };
    const pick = (list) => list[Math.floor(random() * list.length)];
    const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const [width, height] = scene.pictureSize();
    const host = scene.host;
    host.setPointerCapture = () => {};
    const somewhere = () => scene.toScreen(random() * width, random() * height);
    const pointer = (type, [clientX, clientY], more = {}) =>
        host.dispatchEvent(new PointerEvent(type, { pointerId: 1, button: 0, bubbles: true, clientX, clientY, ...more }));
    const key = (name, more = {}) => {
        const code = /^[a-z]$/.test(name) ? `Key${name.toUpperCase()}` : /^[0-9]$/.test(name) ? `Digit${name}` : name;
        root.dispatchEvent(new KeyboardEvent("keydown", { key: name, code, bubbles: true, cancelable: true, ...more }));
    };
    const click = async (at, more) => {
        pointer("pointermove", at, more);
        pointer("pointerdown", at, more);
        pointer("pointerup", at, more);
    };
    const drag = async (from, to, more) => {
        pointer("pointermove", from, more);
        pointer("pointerdown", from, more);
        for (const share of [0.3, 0.7, 1]) {
            pointer("pointermove", [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share], more);
        }
        pointer("pointerup", to, more);
    };
    const overObject = () => {
        const object = pick(editor.objects.peek().filter((each) => each.points.length >= 2));
        if (!object) return somewhere();
        const figure = scene.figureOf(object.id);
        return figure ? scene.toScreen(figure.points[0] + 2, figure.points[1] + 2) : somewhere();
    };
    const toSelect = () => {
        if (editor.tool.peek() !== "select") editor.tool.value = "select";
    };
    const draw = (tool, clicks) => async () => {
        editor.drawMode.value = random() < 0.4 ? "track" : "shape";
        editor.tool.value = tool;
        for (let i = 0; i < clicks; i++) await click(somewhere());
        if (editor.tool.peek() === tool) tools.complete();
        toSelect();
    };
    const gestures = [
        draw("rectangle", 2), draw("rectangle", 2), draw("ellipse", 2), draw("cuboid", 2), draw("polygon", 5), draw("polyline", 3),
        draw("points", 3),
        async () => { toSelect(); await drag(overObject(), somewhere()); },
        async () => { toSelect(); await drag(overObject(), overObject()); },
        async () => { toSelect(); await click(overObject(), { shiftKey: random() < 0.5 }); },
        async () => { toSelect(); const at = overObject(); await click(at); await drag(at, somewhere()); },
        async () => { toSelect(); await drag(somewhere(), somewhere(), { shiftKey: true }); },
        async () => key(pick(["f", "d", "f", "d", "v", "c"])),
        async () => key(pick(["q", "k", "o", "l", "h", "p", "=", "-", "Tab"])),
        async () => key(pick(["ArrowLeft", "ArrowUp", "ArrowRight"])),
        async () => key(pick(["1", "2"]), { ctrlKey: true }),
        async () => { key("c", { ctrlKey: true }); key("v", { ctrlKey: true }); },
        async () => { if (random() < 0.4) key("Delete"); },
        async () => key("z", { ctrlKey: true }),
        async () => key("z", { ctrlKey: true }),
        async () => key("y", { ctrlKey: true }),
        async () => { toSelect(); key("g"); await click(overObject()); await click(overObject()); key("g"); toSelect(); },
        async () => { toSelect(); key("m"); await click(overObject()); key("f"); await click(overObject()); key("m"); toSelect(); },
        async () => { toSelect(); key("m", { altKey: true }); await click(overObject()); toSelect(); },
        async () => { if (random() < 0.3) { key("n", { shiftKey: true }); await click(somewhere()); await click(somewhere()); toSelect(); } },
        async () => key("Escape"),
    ];
    const before = editor.document.revision.peek();
    for (let step = 0; step < count; step++) {
        await pick(gestures)();
        // Frames of the screen, the wire and the kernel have their turn.
        if (step % 4 === 0) await pause(4);
        // Undo and new ids come from the kernel: not too far ahead of it.
        while (editor.document.pendingCount.peek() > 40) await pause(10);
        if (editor.document.idsLeft < 200) await pause(20);
    }
    toSelect();
    await pause(1200);
    while (editor.document.pendingCount.peek() > 0) await pause(50);
    await pause(300);
    return { revision: editor.document.revision.peek() - before, records: JSON.stringify([...editor.document.all()]) };
}
