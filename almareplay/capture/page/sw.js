// Keeps the page in the browser, so that it opens when the server cannot be reached.

// The server puts in its place what tells one state of the files below from another.
const VERSION = "VERSION-OF-THE-FILES";
const CACHE = `page-${VERSION}`;

const FILES = [
  "/", "/overview", "/style.css", "/icon.svg", "/manifest.webmanifest",
  "/texts/en.json", "/texts/de.json",
  ...[
    "barcodes", "clock", "codes", "commands", "desk", "dialogs", "dom", "export", "forms",
    "history", "identifiers", "main", "notices", "overview", "pairing", "patrons", "patterns",
    "preferences", "printing", "recording", "scanner", "scanning", "server", "session",
    "sha256", "sounds", "station", "store", "stranded", "sync", "texts", "tools", "updates",
    "view", "zone",
  ].map((name) => `/app/${name}.js`),
];

self.addEventListener("install", (event) => {
  // All of one version or nothing: what the browser had kept of an older one is asked for anew.
  const asked = FILES.map((path) => new Request(path, { cache: "reload" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(asked)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  })());
});

// A newer version waits until the clerk lets it in: the page is never half old and half new.
self.addEventListener("message", ({ data }) => {
  if (data === "take over") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (origin !== self.location.origin || event.request.method !== "GET") return;
  if (!FILES.includes(pathname)) return;
  event.respondWith((async () => {
    const cache = await caches.open(CACHE);
    return (await cache.match(pathname)) ?? fetch(event.request);
  })());
});
