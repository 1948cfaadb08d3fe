// One pointer draws: the one that came first, until it is lifted, taken away, or the page loses its focus.
"use strict";

const Pointer = (() => {
  // Calls `send` with commands in the canvas's own pixels.
  function connect(canvas, send) {
    let owner = null;

    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * canvas.width;
      const y = ((event.clientY - box.top) / box.height) * canvas.height;
      return `${x.toFixed(3)} ${y.toFixed(3)}`;
    };

    const finish = () => {
      if (owner !== null) {
        owner = null;
        send("finish");
      }
    };

    canvas.addEventListener("pointerdown", (event) => {
      if (owner !== null || event.button !== 0) {
        return;
      }
      event.preventDefault();
      owner = event.pointerId;
      canvas.setPointerCapture(owner);
      send(`begin ${place(event)}`);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerId === owner) {
        const events = event.getCoalescedEvents?.() ?? [];
        (events.length > 0 ? events : [event]).forEach((each) => send(`move ${place(each)}`));
      }
    });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
      canvas.addEventListener(name, (event) => event.pointerId === owner && finish());
    }
    window.addEventListener("blur", finish);
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  return { connect };
})();
