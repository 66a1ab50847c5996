/** A worker that says so each second. A page in a background tab gets its own timers only once a minute, and a code lives for one. */
setInterval(() => postMessage('tick'), 1000)
