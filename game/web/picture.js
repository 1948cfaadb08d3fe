// The picture on the canvas: ink in shades, or coloured by what it spoke for.
"use strict";

const Picture = (() => {
  const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const STEPS = 62;
  const VALUES = new Map([...LETTERS].map((letter, value) => [letter, value]));

  const color = (name) => {
    const text = getComputedStyle(document.documentElement).getPropertyValue(name).trim().slice(1);
    const hex = text.length === 3 ? [...text].map((digit) => digit + digit).join("") : text;
    return [0, 2, 4].map((place) => parseInt(hex.slice(place, place + 2), 16));
  };
  const mix = (a, b, share) => a.map((value, index) => value + (b[index] - value) * share);

  // Draws letters for intensities, and for heat if there is any, into a canvas of as many pixels.
  function draw(canvas, pixels, heat) {
    // So few pixels are put together by the processor sooner than they are sent to a graphics card and back.
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const image = context.createImageData(canvas.width, canvas.height);
    const [paper, ink, neutral] = ["--paper", "--ink", "--neutral"].map(color);
    const [speaksFor, against] = ["--for", "--against"].map(color);
    for (let index = 0; index < pixels.length; index++) {
      const intensity = VALUES.get(pixels[index]) / STEPS;
      let shade = mix(paper, ink, intensity);
      if (heat && intensity > 0) {
        const value = (VALUES.get(heat[index]) / STEPS) * 2 - 1;
        const side = mix(neutral, value > 0 ? speaksFor : against, Math.sqrt(Math.abs(value)));
        shade = mix(paper, side, 0.35 + 0.65 * intensity);
      }
      image.data.set([...shade.map(Math.round), 255], index * 4);
    }
    context.putImageData(image, 0, 0);
  }

  return { draw };
})();
