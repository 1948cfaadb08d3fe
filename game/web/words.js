// What the game says, as fields of text, and what is known of the model.
"use strict";

const Words = (() => {
  const NAMES = [
    "state", "kind", "digit", "first", "second", "third", "title", "isEmpty", "isThinking", "canUndo", "canRedo",
    "shares", "pixels", "heat", "parameters", "multiplyAdds", "sourceHash", "worstError",
  ];
  const count = (number) => Number(number).toLocaleString("en");

  // Reads the fields of a frame.
  function read(text) {
    const fields = text.split("\t");
    const view = Object.fromEntries(NAMES.map((name, index) => [name, fields[index]]));
    for (const name of ["isEmpty", "isThinking", "canUndo", "canRedo"]) {
      view[name] = view[name] === "1";
    }
    return { ...view, shares: view.shares.split(" ").map(Number) };
  }

  // What runs here, in one line.
  function facts(view, framesPerSecond) {
    if (!view.parameters) {
      return "";
    }
    const worst = Number.parseFloat(view.worstError);
    const error = Number.isNaN(worst) ? "" : `, within ${worst.toExponential(1)} of ONNX Runtime`;
    return (
      `${view.title}: ${count(view.parameters)} parameters, ${count(view.multiplyAdds)} multiply-adds${error}; ` +
      `model ${view.sourceHash.slice(0, 12)}. ${framesPerSecond} frames a second.`
    );
  }

  return { read, facts };
})();
