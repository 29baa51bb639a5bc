/* The service worker. The server puts VERSION and SHELL (the page /offline and the static files it uses) before this.
   It keeps no page with anybody's data: where the network fails it shows /offline, which fills itself from the tablet's
   encrypted store. A kept answer keeps its own headers, so its policy and the nonces in it belong together. */
"use strict";
const CACHE = `qinlian-${VERSION}`;
const PATIENT = 20000;
const HURRIED = 6000; /* where the tablet can go on by itself */
const WORKS_OFFLINE = /^\/(today|visits\/new)?$/;

self.addEventListener("install", (event) => {
  const fill = async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll(SHELL.map((address) => new Request(address, { cache: "reload", headers: { Accept: "text/html" } })));
    await self.skipWaiting();
  };
  event.waitUntil(fill());
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith("qinlian-") && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(navigate(request, url));
  else if (request.method === "GET" && url.pathname.startsWith("/static/") && url.search) event.respondWith(lasting(request));
});

/* An address with a fingerprint never changes. */
async function lasting(request) {
  return (await (await caches.open(CACHE)).match(request, { ignoreVary: true })) || fetch(request);
}

async function navigate(request, url) {
  const alone = request.method === "GET" && WORKS_OFFLINE.test(url.pathname);
  try {
    /* With options of its own a fetch would name this script as where it came from; some forms go back there. */
    const { referrer } = request;
    const answer = await fetch(request, { signal: AbortSignal.timeout(alone ? HURRIED : PATIENT), referrer });
    if (alone && [502, 503, 504].includes(answer.status)) return (await offline()) || answer;
    return answer;
  } catch (error) {
    const page = request.method === "GET" || error.name !== "TimeoutError" ? await offline() : null;
    if (page) return page;
    throw error;
  }
}

async function offline() {
  return (await caches.open(CACHE)).match("/offline", { ignoreVary: true });
}
