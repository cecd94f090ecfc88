// prom-client as far as it is used: its own beginning loads Node's `cluster` and default metrics as well.
exports.Registry = require('prom-client/lib/registry');
exports.Counter = require('prom-client/lib/counter');
exports.Gauge = require('prom-client/lib/gauge');
