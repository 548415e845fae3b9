// The page in the browser: kept for when the server is away, one window at a time, and renewed when
// the clerk says so.

/** Register what keeps the page, and call `onNewer` with a function that lets a newer version in.
 * Answers whether the page opens without the server. */
export async function keepPage(onNewer) {
  if (!("serviceWorker" in navigator)) return false;
  let reloads = false;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (reloads) location.reload();
  });
  try {
    const kept = await navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" });
    const offer = () => onNewer(() => {
      reloads = true;
      kept.waiting?.postMessage("take over");
    });
    if (kept.waiting && navigator.serviceWorker.controller) offer();
    kept.addEventListener("updatefound", () => {
      const installing = kept.installing;
      installing?.addEventListener("statechange", () => {
        if (installing.state === "installed" && navigator.serviceWorker.controller) offer();
      });
    });
    return true;
  } catch {
    // The server cannot be reached, and what was kept before still serves; or its certificate is
    // not trusted.
    return navigator.serviceWorker.controller !== null;
  }
}

/** Ask the browser not to clear what is kept here when the disk is full. */
export async function askToKeepData() {
  try {
    return (await navigator.storage?.persist?.()) ?? false;
  } catch {
    return false;
  }
}

/** Run `start` in the only window of the station; `elsewhere` is called where another one has it.
 * When that one is closed this one starts. */
export function inOneWindow(start, elsewhere) {
  if (!navigator.locks) {
    // Without a certificate there are no locks. The store alone then keeps numbers apart.
    start();
    return;
  }
  const forever = new Promise(() => {});
  const hold = () => {
    start();
    return forever;
  };
  navigator.locks.request("almareplay-station", { ifAvailable: true }, (lock) => {
    if (lock) return hold();
    elsewhere();
    navigator.locks.request("almareplay-station", hold);
    return undefined;
  });
}
