// The page: gathers commands, lets Luau have a frame, and shows what came of it.
"use strict";

(async () => {
  // What a frame may spend in Luau; the rest belongs to the browser.
  const BUDGET_SECONDS = 0.006;
  const get = (id) => document.getElementById(id);
  let commands = [];
  const percent = (share) => `${Math.round(share * 100)} %`;
  const send = (command) => commands.push(command);

  const bars = Array.from({ length: 10 }, (_, digit) => {
    const row = document.createElement("li");
    const parts = ["digit", "track", "share"].map((name) => {
      const part = document.createElement("span");
      part.className = name;
      row.append(part);
      return part;
    });
    const fill = document.createElement("div");
    fill.className = "fill";
    parts[1].append(fill);
    parts[0].textContent = digit;
    get("bars").append(row);
    return { row, fill, share: parts[2] };
  });

  let last = null;
  const paint = () => last && Picture.draw(get("canvas"), last.pixels, last.heat);

  function show(view) {
    last = view;
    document.body.className = view.kind;
    document.body.dataset.state = view.state;
    for (const id of ["digit", "first", "second", "third"]) {
      if (get(id).textContent !== view[id]) {
        get(id).textContent = view[id];
      }
    }
    const isRead = view.state === "ready" && !view.isEmpty;
    view.shares.forEach((share, digit) => {
      bars[digit].fill.style.width = `${share * 100}%`;
      bars[digit].share.textContent = `${(share * 100).toFixed(1)} %`;
      bars[digit].row.className = isRead && String(digit) === view.digit ? "best" : "";
    });
    get("undo").disabled = !view.canUndo;
    get("redo").disabled = !view.canRedo;
    get("clear").disabled = view.isEmpty;
    document.body.dataset.thinking = view.isThinking;
    document.body.dataset.heat = view.heat !== "";
    paint();
  }

  function connectButtons() {
    for (const id of ["undo", "redo", "clear"]) {
      get(id).addEventListener("click", () => send(id));
    }
    const erase = () => {
      const isOn = get("erase").getAttribute("aria-pressed") !== "true";
      get("erase").setAttribute("aria-pressed", isOn);
      send(`erase ${isOn ? "on" : "off"}`);
    };
    get("erase").addEventListener("click", erase);
    get("heat").addEventListener("change", (event) => {
      get("legend").hidden = !event.target.checked;
      send(`heat ${event.target.checked ? "on" : "off"}`);
    });
    get("centring").addEventListener("change", (event) => send(`centring ${event.target.value}`));
    get("radius").addEventListener("input", (event) => send(`radius ${event.target.value}`));
    get("threshold").addEventListener("input", (event) => {
      get("thresholdText").textContent = percent(event.target.value);
      send(`threshold ${event.target.value}`);
    });
    document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
    window.addEventListener("keydown", (event) => {
      const key = event.key.toLowerCase();
      if ((event.ctrlKey || event.metaKey) && (key === "z" || key === "y")) {
        event.preventDefault();
        send(key === "y" || event.shiftKey ? "redo" : "undo");
      } else if (key === "delete") {
        send("clear");
      } else if (key === "e" && !event.ctrlKey && !event.metaKey && !event.altKey) {
        erase();
      }
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  }

  // Choices that a browser kept over a reload are told as well.
  function sendChoices() {
    send(`centring ${document.querySelector("[name=centring]:checked").value}`);
    send(`radius ${get("radius").value}`);
    send(`threshold ${get("threshold").value}`);
    send(`heat ${get("heat").checked ? "on" : "off"}`);
    get("legend").hidden = !get("heat").checked;
    get("thresholdText").textContent = percent(get("threshold").value);
  }

  function offerModels(text, choose) {
    const fields = text.split("\t");
    for (let index = 0; index < fields.length; index += 2) {
      const [label, input, title] = ["label", "input", "span"].map((name) => document.createElement(name));
      Object.assign(input, { type: "radio", name: "model", value: fields[index], checked: index === 0 });
      title.textContent = fields[index + 1];
      label.append(input, title);
      get("models").append(label);
      input.addEventListener("change", () => choose(fields[index]));
    }
    return fields[0];
  }

  async function run() {
    const luau = await Runtime.start(globalThis.LUAU_MODULES);
    let wanted = null;
    const first = offerModels(await luau.models(), (name) => (wanted = name));
    await luau.bring(first);
    connectButtons();
    sendChoices();
    Pointer.connect(get("canvas"), send);
    let frames = 0;
    let since = performance.now();
    let framesPerSecond = 60;

    async function frame() {
      if (wanted) {
        const name = wanted;
        wanted = null;
        await luau.bring(name);
        send(`choose ${name}`);
      }
      const lines = commands.join("\n");
      commands = [];
      const text = await luau.frame(lines, BUDGET_SECONDS);
      if (text !== "") {
        show(Words.read(text));
      }
      frames += 1;
      if (performance.now() - since >= 1000) {
        framesPerSecond = Math.round((frames * 1000) / (performance.now() - since));
        frames = 0;
        since = performance.now();
        get("facts").textContent = last ? Words.facts(last, framesPerSecond) : "";
      }
      requestAnimationFrame(() => frame().catch(fail));
    }
    await frame();
  }

  function fail(error) {
    document.body.className = "broken";
    document.body.dataset.state = "broken";
    get("digit").textContent = "!";
    get("first").textContent = "This game is broken";
    get("second").textContent = error.message;
    console.error(error);
  }

  await run().catch(fail);
})();
