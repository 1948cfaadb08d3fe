// Luau in the page, by luau-web, and the modules of the game.
"use strict";

const Runtime = (() => {
  const CORE = (path) => !path.startsWith("models/");

  // Starts Luau; gives what `call`s the page's functions, and `bring`, which makes a model's modules known.
  async function start(modules) {
    const { LuauState } = globalThis.LuauWeb();
    const state = await LuauState.createAsync();
    const compile = (path) => state.loadstring(modules[path], `=${path}`, true);
    const [add, requireHere, requireFrom] = await compile("web/loader")();
    state.env.set("require", requireHere, true);
    const known = new Set();

    async function bring(chosen) {
      for (const path of Object.keys(modules)) {
        if (chosen(path) && !known.has(path)) {
          known.add(path);
          await add(path, compile(path));
        }
      }
    }

    await bring(CORE);
    const boot = state.loadstring(
      'local from = ... local page = from("web/page", "./page").new(from("web/page", "../settings")) ' +
        "return page.frame, page.models",
      "=boot",
      true,
    );
    const [frame, models] = await boot(requireFrom);
    const first = async (promise) => (await promise)[0];
    return {
      bring: (name) => bring((path) => path.startsWith(`models/${name}/`)),
      frame: (commands, seconds) => first(frame(commands, seconds)),
      models: () => first(models()),
    };
  }

  return { start };
})();
