// undici as far as it is used: its own beginning loads fetch, caches and mocks as well, and all dispatchers.
const Dispatcher = require('undici/lib/dispatcher/dispatcher');
const { getGlobalDispatcher } = require('undici/lib/global');

Object.assign(Dispatcher.prototype, require('undici/lib/api'));

exports.Agent = require('undici/lib/dispatcher/agent');

exports.request = (url, { dispatcher = getGlobalDispatcher(), ...options } = {}) => {
  const { origin, pathname, search } = new URL(url);
  return dispatcher.request({ method: 'GET', ...options, origin, path: pathname + search });
};

/** Of few: loaded by whoever needs one. */
const SELDOM = {
  ProxyAgent: () => require('undici/lib/dispatcher/proxy-agent'),
  Socks5ProxyAgent: () => require('undici/lib/dispatcher/socks5-proxy-agent'),
  WebSocket: () => require('undici/lib/web/websocket/websocket').WebSocket,
};
for (const [name, get] of Object.entries(SELDOM)) Object.defineProperty(exports, name, { get });
