// What the game says, as fields of text, and in words.
"use strict";

const Words = (() => {
  const NAMES = [
    "state", "trouble", "title", "isEmpty", "isThinking", "digit", "confidence", "runnerUp", "runnerUpConfidence",
    "entropy", "margin", "isSure", "milliseconds", "canUndo", "canRedo", "shares", "pixels", "heat", "parameters",
    "multiplyAdds", "sourceHash", "worstError",
  ];
  const MOST_BITS = Math.log2(10).toFixed(2);
  // What is nearly certain is not shown as certain, nor what is hardly likely as impossible.
  const percent = (share) => {
    if (share >= 0.995) {
      return "over 99 %";
    }
    return share < 0.005 ? "under 1 %" : `${Math.round(share * 100)} %`;
  };
  // Browsers' clocks go in steps of a tenth of a millisecond, some of a whole one.
  const time = (milliseconds) => (milliseconds < 0.1 ? "under 0.1" : Number(milliseconds).toFixed(1));
  const count = (number) => Number(number).toLocaleString("en");

  // Reads the fields of a frame.
  function read(text) {
    const fields = text.split("\t");
    const view = Object.fromEntries(NAMES.map((name, index) => [name, fields[index]]));
    for (const name of ["isEmpty", "isThinking", "isSure", "canUndo", "canRedo"]) {
      view[name] = view[name] === "1";
    }
    return { ...view, shares: view.shares.split(" ").map(Number) };
  }

  // The four texts of a verdict, and the class of its colours.
  function verdict(view) {
    if (view.state === "broken") {
      return { kind: "broken", digit: "!", first: "This page is broken", second: view.trouble, third: "" };
    }
    if (view.state === "loading") {
      return { kind: "loading", digit: "", first: `Loading ${view.title} ...`, second: "", third: "" };
    }
    if (view.isEmpty) {
      return { kind: "empty", digit: "?", first: "Draw a digit", second: `${view.title} will read it`, third: "" };
    }
    const sure = percent(view.confidence);
    return {
      kind: view.isSure ? "sure" : "unsure",
      digit: view.digit,
      first: view.isSure ? `${sure} sure` : `Not sure: ${sure}`,
      second: `${view.runnerUp} is the runner-up with ${percent(view.runnerUpConfidence)}`,
      third: `${Number(view.entropy).toFixed(2)} of ${MOST_BITS} bits of doubt, ${percent(view.margin)} ahead`,
    };
  }

  // What runs here, in one line.
  function facts(view, framesPerSecond) {
    if (!view.parameters) {
      return "";
    }
    const took = view.isEmpty ? "" : ` The last prediction took ${time(view.milliseconds)} ms of Luau.`;
    const error = Number.isNaN(Number(view.worstError || NaN)) ? "" : `, within ${Number(view.worstError).toExponential(1)} of ONNX Runtime`;
    return (
      `${view.title}: ${count(view.parameters)} parameters, ${count(view.multiplyAdds)} multiply-adds${error}; ` +
      `model ${view.sourceHash.slice(0, 12)}.${took} ${framesPerSecond} frames a second.`
    );
  }

  return { read, verdict, facts, percent };
})();
