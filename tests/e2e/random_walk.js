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
    const onDeleted = () => editor.frames.deleted.has(editor.frame.peek());
    /** Wait for what comes by itself: a module, a dialog. */
    const until = async (ready, most = 10000) => {
        for (let waited = 0; waited < most && !ready(); waited += 10) await pause(10);
        return ready();
    };
    const part = (testId) => root.querySelector(`[data-testid="${testId}"]`);
    const press = (testId) => part(testId)?.click();
    const labels = editor.labels.peek();
    const pose = labels.find((label) => label.type === "skeleton");
    const plain = labels.filter((label) => label.type !== "skeleton");
    const draw = (tool, clicks, settings = {}) => async () => {
        for (const [name, value] of Object.entries(settings)) editor.setSetting(name, value);
        editor.drawMode.value = random() < 0.4 ? "track" : "shape";
        editor.activeLabel.value = tool === "skeleton" ? pose.id : pick(plain).id;
        editor.tool.value = tool;
        for (let i = 0; i < clicks; i++) await click(somewhere());
        if (editor.tool.peek() === tool) tools.complete();
        toSelect();
    };
    const mask = async () => {
        editor.drawMode.value = random() < 0.3 ? "track" : "shape";
        editor.activeLabel.value = pick(plain).id;
        editor.tool.value = "mask";
        if (onDeleted()) return toSelect();
        if (!(await until(() => part("mask-bar")))) throw new Error("there is no bar for masks");
        if (random() < 0.3) press("mask-remove-underlying");
        press("mask-brush");
        await drag(somewhere(), somewhere());
        if (random() < 0.4) {
            press("mask-eraser");
            await drag(somewhere(), somewhere());
        }
        if (random() < 0.3) key("z", { ctrlKey: true });
        if (random() < 0.8) tools.complete();
        toSelect();
    };
    /** What somebody does who looks for a command and presses Enter. */
    const command = async (words) => {
        key("k", { ctrlKey: true });
        if (!(await until(() => part("palette")?.querySelector("input")))) throw new Error("the palette does not open");
        const field = part("palette").querySelector("input");
        field.value = words;
        field.dispatchEvent(new InputEvent("input", { bubbles: true }));
        await pause(30);
        field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", code: "Enter", bubbles: true, cancelable: true }));
        await pause(30);
        // What cannot be done now stays in the list.
        if (part("palette")) field.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", code: "Escape", bubbles: true }));
        await pause(30);
    };
    const dialog = async (testId) => {
        if (!(await until(() => part(testId)?.querySelector("form"), 500))) return;
        const form = part(testId).querySelector("form");
        for (const field of form.querySelectorAll("input[type=number]")) {
            const low = Number(field.min) || 0;
            field.value = String(low + Math.floor(random() * Math.min(4, Number(field.max) - low + 1)));
            field.dispatchEvent(new InputEvent("input", { bubbles: true }));
            field.dispatchEvent(new Event("change", { bubbles: true }));
            await pause(10);
        }
        form.requestSubmit();
        await pause(20);
        if (part(testId)) key("Escape");
    };
    const scissors = async () => {
        editor.activeLabel.value = pick(plain).id;
        editor.drawMode.value = "shape";
        key("w", { shiftKey: true });
        if (onDeleted()) return toSelect();
        if (!(await until(() => part("interact-bar")))) throw new Error("there is no bar for the scissors");
        for (let i = 0; i < 3; i++) {
            await click(somewhere(), { ctrlKey: random() < 0.3 });
            await pause(60);
        }
        tools.complete();
        await pause(60);
        toSelect();
    };
    const annotationAction = async () => {
        if (random() < 0.5) await selectOne();
        key("e", { ctrlKey: true });
        if (!(await until(() => part("action-run")))) throw new Error("the dialog of actions does not open");
        const form = part("action-run").closest("form");
        for (const list of [form.querySelector("select"), ...form.querySelectorAll("select")]) {
            list.selectedIndex = Math.floor(random() * list.options.length);
            list.dispatchEvent(new Event("change", { bubbles: true }));
            await pause(10);
        }
        part("action-run")?.click();
        await until(() => part("action-outcome"), 30000);
        key("Escape");
        await until(() => !part("action-run"));
    };
    const selectOne = async () => {
        toSelect();
        await click(overObject());
    };
    const gestures = [
        draw("rectangle", 2), draw("rectangle", 2), draw("ellipse", 2), draw("cuboid", 2), draw("polygon", 5), draw("polyline", 3),
        draw("points", 3), draw("skeleton", 2), draw("skeleton", 2), mask, mask,
        draw("rectangle", 4, { rectangleMethod: "extreme" }), draw("rectangle", 2, { rectangleMethod: "corners" }),
        draw("ellipse", 3, { ellipseMethod: "turned" }), draw("ellipse", 2, { ellipseMethod: "corners" }),
        draw("cuboid", 4, { cuboidMethod: "points" }), draw("cuboid", 2, { cuboidMethod: "rectangle" }),
        async () => { toSelect(); key("j", { altKey: true }); await click(overObject()); await click(somewhere()); await click(somewhere()); key("Enter"); toSelect(); },
        async () => { await selectOne(); await click(overObject(), { shiftKey: true }); key("j"); },
        async () => { await selectOne(); key("t"); key(pick(["p", "m", "r"])); },
        async () => { await selectOne(); key("t"); key("e"); await pause(30); if (part("mask-bar")) { await drag(somewhere(), somewhere()); tools.complete(); } toSelect(); },
        async () => { await selectOne(); await command(pick(["reverse the orientation", "reset the perspective", "switch the perspective", "simplify"])); },
        async () => { if (random() < 0.4) { await selectOne(); key("b", { ctrlKey: true }); await dialog("propagate"); } },
        async () => { if (random() < 0.2) { await command("remove annotations in a range"); await dialog("remove-range"); } },
        async () => {
            editor.workspace.value = "tags";
            await pause(20);
            key(pick(["1", "2", "n"]));
            editor.workspace.value = "standard";
            await pause(20);
        },
        async () => {
            const field = pick([...root.querySelectorAll("[data-testid=objects] select, [data-testid=objects] input[type=checkbox]")]);
            if (!field) return;
            if (field.type === "checkbox") field.click();
            else field.selectedIndex = Math.floor(random() * field.options.length);
            field.dispatchEvent(new Event("change", { bubbles: true }));
        },
        async () => { if (random() < 0.3) await scissors(); },
        async () => { if (random() < 0.3) await annotationAction(); },
        async () => { if (random() < (onDeleted() ? 1 : 0.2)) key("Delete", { altKey: true }); },
        async () => { if (random() < 0.1) { key("w"); await pause(60); await click(somewhere()); await pause(400); tools.complete(); toSelect(); } },
        async () => { if (editor.objects.peek().length > 40) { toSelect(); key("a", { ctrlKey: true }); key("Delete"); } },
        async () => { toSelect(); key("g"); await drag(somewhere(), somewhere()); key(pick(["g", "Escape"])); toSelect(); },
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
        async () => { if (random() < 0.3) { key("n", { shiftKey: true }); for (let i = 0; i < 4; i++) await click(somewhere()); tools.complete(); toSelect(); } },
        async () => key("Escape"),
    ];
    // Deleted frames are come across, and restored, as long as stepping does not pass over them.
    editor.setSetting("showDeleted", true);
    const before = editor.document.revision.peek();
    const trace = [];
    // Whoever looks into a failure finds here what was done.
    root.cvatWidgetsTrace = trace;
    for (let step = 0; step < count; step++) {
        const number = Math.floor(random() * gestures.length);
        trace.push(number);
        await gestures[number]();
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
    return {
        revision: editor.document.revision.peek() - before,
        records: JSON.stringify([...editor.document.all()]),
        deleted: [...editor.frames.deleted].sort((one, other) => one - other),
    };
}
