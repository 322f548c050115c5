"use strict";
(async () => {
  const $ = (id) => document.getElementById(id);
  const SPECIAL = [0, 10, 13, 60]; // the characters that a page cannot hold, in order from U+0100

  /** Bytes from text with seven bits a character. */
  function unpack(text, length) {
    const bytes = new Uint8Array(length);
    let bits = 0;
    let held = 0;
    let at = 0;
    const mask = text.charCodeAt(0); // all the others were added to it (exclusive or)
    for (let i = 1; i < text.length && at < length; i++) {
      const code = text.charCodeAt(i);
      bits = ((bits << 7) | ((code >= 256 ? SPECIAL[code - 256] : code) ^ mask)) & 0x7fff;
      held += 7;
      if (held >= 8) {
        held -= 8;
        bytes[at++] = (bits >> held) & 255;
      }
    }
    return bytes;
  }

  async function readData() {
    const node = $("data");
    const zipped = new Blob([unpack(node.textContent, Number(node.dataset.bytes))]).stream();
    return JSON.parse(await new Response(zipped.pipeThrough(new DecompressionStream("gzip"))).text());
  }

  const data = await readData();
  const shown = new Set(data.labels.map((_, place) => place));
  const byFrame = data.frames.map(() => []);
  const tracks = new Map(); // id -> { label, frames }
  for (const [frame, id, label, track, kind, rings, said] of data.objects) {
    const text = `${data.labels[label].name} ${id} ${said.join(" ")}`.toLowerCase();
    byFrame[frame].push({ id, label, track, kind, rings, said, text });
    if (track) {
      if (!tracks.has(id)) tracks.set(id, { label, frames: [] });
      tracks.get(id).frames.push(frame);
    }
  }
  let now = 0;
  let chosen = null;
  let wanted = "";
  let timer = 0;
  let fit = { scale: 1, x: 0, y: 0 };
  const pictures = new Map(); // place -> promise of a bitmap; the last forty are kept

  function picture(place) {
    if (!pictures.has(place)) {
      const bytes = unpack($(`f${place}`).textContent, data.frames[place].bytes);
      pictures.set(place, createImageBitmap(new Blob([bytes], { type: "image/jpeg" })));
      if (pictures.size > 40) pictures.delete(pictures.keys().next().value);
    }
    return pictures.get(place);
  }

  const visible = (place) => byFrame[place].filter((item) => shown.has(item.label) && item.text.includes(wanted));
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);

  /** A context in CSS pixels, sharp on any screen. */
  function context(canvas) {
    const ratio = window.devicePixelRatio || 1;
    const { width, height } = canvas.getBoundingClientRect();
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    return { pen, width, height };
  }

  function trace(pen, ring, closed) {
    for (let i = 0; i < ring.length; i += 2) pen.lineTo(fit.x + ring[i] * fit.scale, fit.y + ring[i + 1] * fit.scale);
    if (closed) pen.closePath();
  }

  function drawShape(pen, item) {
    const color = data.labels[item.label].color;
    const strong = item.id === chosen;
    pen.beginPath();
    for (const ring of item.rings) {
      if (item.kind === 2) {
        for (let i = 0; i < ring.length; i += 2) {
          const [x, y] = [fit.x + ring[i] * fit.scale, fit.y + ring[i + 1] * fit.scale];
          pen.moveTo(x + 4, y);
          pen.arc(x, y, 4, 0, 7);
        }
      } else {
        pen.moveTo(fit.x + ring[0] * fit.scale, fit.y + ring[1] * fit.scale);
        trace(pen, ring, item.kind === 0);
      }
    }
    pen.fillStyle = color;
    pen.globalAlpha = item.kind === 2 ? 1 : strong ? 0.4 : 0.18;
    if (item.kind !== 1) pen.fill();
    pen.globalAlpha = 1;
    pen.strokeStyle = color;
    pen.lineWidth = strong ? 3.5 : 2;
    pen.stroke();
  }

  async function draw() {
    const place = now;
    const bitmap = await picture(place);
    if (place !== now) return;
    const frame = data.frames[place];
    const { pen, width, height } = context($("view"));
    const scale = Math.min(width / frame.width, height / frame.height);
    fit = { scale, x: (width - frame.width * scale) / 2, y: (height - frame.height * scale) / 2 };
    pen.imageSmoothingQuality = "high";
    pen.drawImage(bitmap, fit.x, fit.y, frame.width * scale, frame.height * scale);
    const items = visible(place);
    pen.lineJoin = "round";
    for (const item of items) drawShape(pen, item);
    pen.font = "12px system-ui, sans-serif";
    let tagAt = fit.y + 22;
    for (const item of items) {
      const first = item.rings[0];
      const text = `${data.labels[item.label].name} ${item.id}`;
      if (item.kind !== 3 && item.id !== chosen) continue;
      const x = first ? fit.x + first[0] * scale : fit.x + 10;
      const y = first ? Math.max(fit.y + first[1] * scale - 6, 14) : tagAt;
      if (!first) tagAt += 22;
      pen.fillStyle = "rgba(13, 17, 23, 0.8)";
      pen.fillRect(x - 4, y - 13, pen.measureText(text).width + 8, 18);
      pen.fillStyle = "#fff";
      pen.fillText(text, x, y);
    }
    document.body.dataset.drawn = `${frame.number}:${items.length}`;
    if (place + 1 < data.frames.length) picture(place + 1);
  }

  function drawTimeline() {
    const rows = [...tracks].filter(([, track]) => shown.has(track.label)).slice(0, 60);
    const tall = Math.max(Math.min(Math.floor(150 / Math.max(rows.length, 1)), 12), 3);
    $("timeline").style.height = `${rows.length * tall}px`;
    if (!rows.length) return;
    const { pen, width } = context($("timeline"));
    const step = width / data.frames.length;
    for (const [row, [id, track]] of rows.entries()) {
      pen.fillStyle = data.labels[track.label].color;
      pen.globalAlpha = chosen === null || chosen === id ? 0.9 : 0.35;
      let start = 0;
      track.frames.forEach((frame, at) => {
        if (track.frames[at + 1] === frame + 1) return;
        const from = track.frames[start];
        pen.fillRect(from * step, row * tall + 1, (frame + 1 - from) * step, Math.max(tall - 2, 2));
        start = at + 1;
      });
    }
    pen.globalAlpha = 1;
    pen.fillStyle = css("--ink");
    pen.fillRect((now + 0.5) * step - 1, 0, 2, rows.length * tall);
  }

  function listObjects() {
    const items = visible(now).map((item) => {
      const line = document.createElement("li");
      const dot = document.createElement("span");
      const words = document.createElement("span");
      dot.className = "dot";
      dot.style.background = data.labels[item.label].color;
      words.textContent = `${data.labels[item.label].name} ${item.id}`;
      if (item.said.length) {
        const small = document.createElement("small");
        small.textContent = item.said.join(", ");
        words.append(small);
      }
      line.className = item.id === chosen ? "chosen" : "";
      line.append(dot, words);
      line.onclick = () => choose(item.id);
      return line;
    });
    $("objects").replaceChildren(...items);
  }

  function update() {
    const frame = data.frames[now];
    $("scrub").value = now;
    $("where").textContent = `frame ${frame.number}`;
    $("where").title = frame.name;
    listObjects();
    drawTimeline();
    return draw();
  }

  function choose(id) {
    chosen = chosen === id ? null : id;
    update();
  }

  function go(place) {
    now = Math.min(Math.max(place, 0), data.frames.length - 1);
    update();
  }

  function play() {
    clearInterval(timer);
    timer = timer ? 0 : setInterval(() => go((now + 1) % data.frames.length), 1000 / Math.min(data.fps || 5, 30));
    $("play").textContent = timer ? "❚❚" : "▶";
  }

  function inside(item, x, y) {
    return item.rings.some((ring) => {
      let odd = false;
      for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
        if (ring[i + 1] > y !== ring[j + 1] > y) {
          if (x < ((ring[j] - ring[i]) * (y - ring[i + 1])) / (ring[j + 1] - ring[i + 1]) + ring[i]) odd = !odd;
        }
      }
      return odd;
    });
  }

  data.labels.forEach((label, place) => {
    const count = new Set(data.objects.filter((item) => item[2] === place).map((item) => item[1])).size;
    const line = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = true;
    box.onchange = () => {
      if (box.checked) shown.add(place);
      else shown.delete(place);
      update();
    };
    const dot = document.createElement("span");
    dot.className = "dot";
    dot.style.background = label.color;
    const [name, number] = [document.createElement("span"), document.createElement("span")];
    name.textContent = label.name;
    number.textContent = count;
    line.append(box, dot, name, number);
    $("labels").append(line);
  });
  const part = data.frames.length < data.total ? `${data.frames.length} of ${data.total} frames` : `${data.total} frames`;
  $("about").textContent = `${part}, ${new Set(data.objects.map((item) => item[1])).size} objects`;
  $("scrub").max = data.frames.length - 1;
  $("scrub").oninput = (event) => go(Number(event.target.value));
  $("back").onclick = () => go(now - 1);
  $("next").onclick = () => go(now + 1);
  $("play").onclick = play;
  $("search").oninput = (event) => {
    wanted = event.target.value.trim().toLowerCase();
    update();
  };
  $("view").onclick = (event) => {
    const box = $("view").getBoundingClientRect();
    const [x, y] = [(event.clientX - box.x - fit.x) / fit.scale, (event.clientY - box.y - fit.y) / fit.scale];
    const hit = visible(now).filter((item) => item.kind === 0 && inside(item, x, y)).pop();
    choose(hit ? hit.id : null);
  };
  $("timeline").onclick = (event) => {
    const box = $("timeline").getBoundingClientRect();
    go(Math.floor(((event.clientX - box.x) / box.width) * data.frames.length));
  };
  document.addEventListener("keydown", (event) => {
    if (event.target.id === "search" || event.target.type === "range") return;
    if (event.key === "ArrowLeft") go(now - 1);
    else if (event.key === "ArrowRight") go(now + 1);
    else if (event.key === " " && event.target.tagName !== "BUTTON") {
      event.preventDefault();
      play();
    }
  });
  window.addEventListener("resize", update);
  await update();
})();
