// ussd-menu-builder on as many Node processes as WORKERS says, its session in Redis.
//
// Under Express, as its README has it; with BARE=1 under nothing but Node's own server, which is faster than anybody has
// it. A menu that is shared, which the README has too, loses replies when two come at once, so each request has its own.

const cluster = require('node:cluster');
const http = require('node:http');
const express = require('express');
const { createClient } = require('redis');
const UssdMenu = require('ussd-menu-builder');

const { BARE, PORT, REDIS_URL, WORKERS } = process.env;
const SESSION_S = 300;

function menuOn(redis) {
  const menu = new UssdMenu();
  menu.sessionConfig({
    start: (id) => redis.expire(id, SESSION_S),
    get: (id, key) => redis.hGet(id, key),
    set: (id, key, value) => redis.hSet(id, key, value),
    end: (id) => redis.del(id),
  });
  menu.startState({
    run: () => menu.con('Line suspended. You owe KES 50.00.\n1 Top up\n2 Balance\n3 My top-ups\n4 Language\n5 Help\n6 Other ways'),
    next: { 1: 'amounts' },
  });
  menu.state('amounts', {
    run: () => menu.con('How much?\n1 KES 50 (line comes back)\n2 KES 100\n3 KES 250\n4 KES 500\n5 Another amount\n0 Back 00 Home'),
    next: { '*^[1-4]$': 'payer' },
  });
  menu.state('payer', {
    run: () => {
      const amount = [50, 100, 250, 500][Number(menu.val) - 1];
      menu.session.set('amount', String(amount)).then(() =>
        menu.con(`KES ${amount}. Who pays?\n1 This number\n2 Another number\n3 Ask somebody to pay\n0 Back 00 Home`));
    },
    next: { 1: 'confirm' },
  });
  menu.state('confirm', {
    run: () => {
      const number = menu.args.phoneNumber.replace('+254', '0');
      menu.session.get('amount').then((amount) =>
        menu.con(`Top up ${number} with KES ${amount}. M-PESA of ${number} pays.\n1 Pay\n2 Another payer\n3 Cancel\n0 Back 00 Home`));
    },
  });
  return menu;
}

function underExpress(redis) {
  const app = express();
  app.use(express.urlencoded({ extended: false }));
  app.post('/ussd', (request, response) => menuOn(redis).run(request.body, (screen) => response.type('text').send(screen)));
  return http.createServer(app);
}

function bare(redis) {
  return http.createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const form = Object.fromEntries(new URLSearchParams(Buffer.concat(parts).toString()));
      menuOn(redis).run(form, (screen) => {
        response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': Buffer.byteLength(screen) });
        response.end(screen);
      });
    });
  });
}

async function serve() {
  const redis = createClient({ url: REDIS_URL });
  await redis.connect();
  (BARE ? bare(redis) : underExpress(redis)).listen(Number(PORT), '127.0.0.1');
}

if (cluster.isPrimary) {
  for (let worker = 0; worker < Number(WORKERS); worker += 1) cluster.fork();
} else {
  serve();
}
