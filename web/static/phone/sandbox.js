/** The sandbox's control API. Every failure is a SandboxTrouble whose message is a sentence for a person. */

export const NO_NETWORK = "No network. Is the sandbox running?";
const TOO_SLOW = "The network does not answer.";

const SOON_S = 8;
// A gateway waits 15 s for the application unless it is set otherwise, and faults may hold it up.
const HOP_S = 90;

export class SandboxTrouble extends Error {
  /** `reached`: the sandbox was there and refused. */
  constructor(sentence, { reached = false } = {}) {
    super(sentence);
    this.reached = reached;
  }
}

export function createSandbox(origin) {
  async function ask(method, path, { body, withinS = SOON_S, keepalive = false } = {}) {
    const request = { method, keepalive, cache: "no-store", signal: AbortSignal.timeout(withinS * 1000) };
    if (body !== undefined) {
      request.body = JSON.stringify(body);
      request.headers = { "Content-Type": "application/json" };
    }
    let response;
    let reply;
    try {
      response = await fetch(origin + path, request);
      reply = await response.json();
    } catch (error) {
      throw new SandboxTrouble(error.name === "TimeoutError" ? TOO_SLOW : NO_NETWORK);
    }
    if (!response.ok) throw new SandboxTrouble(sentenceOf(reply, response.status), { reached: true });
    return reply;
  }

  const phone = (msisdn) => `/phones/${encodeURIComponent(msisdn)}`;
  const line = (msisdn) => `/lines/${encodeURIComponent(msisdn)}`;
  const wallet = (msisdn) => `/wallets/${encodeURIComponent(msisdn)}`;

  return {
    settings: () => ask("GET", "/settings"),
    phones: () => ask("GET", "/phones"),
    phone: (msisdn) => ask("GET", phone(msisdn)),
    inbox: (msisdn) => ask("GET", `${phone(msisdn)}/inbox`),
    line: (msisdn) => ask("GET", line(msisdn)),
    eventsUrl: (msisdn) => `${origin}${phone(msisdn)}/events`,

    setLine: (msisdn, body) => ask("PUT", line(msisdn), { body }),
    setWallet: (msisdn, body) => ask("PUT", wallet(msisdn), { body }),
    /** `answer`: "by_hand", what the prompts are answered with by themselves, or null for the sandbox's settings. */
    setPromptAnswer: (msisdn, answer, { keepalive = false } = {}) =>
      ask("PUT", phone(msisdn), { body: { prompt_answer: answer }, keepalive }),

    dial: (msisdn, code) => ask("POST", `${phone(msisdn)}/dial`, { body: { code }, withinS: HOP_S }),
    key: (msisdn, text) => ask("POST", `${phone(msisdn)}/key`, { body: { text }, withinS: HOP_S }),
    hangUp: (msisdn) => ask("POST", `${phone(msisdn)}/hangup`, { body: {} }),
    text: (msisdn, to, text) => ask("POST", `${phone(msisdn)}/sms`, { body: { to, text } }),
    answer: (msisdn, id, answer) =>
      ask("POST", `${phone(msisdn)}/prompts/${encodeURIComponent(id)}`, { body: { answer } }),
  };
}

function sentenceOf(reply, status) {
  return typeof reply?.error === "string" ? reply.error : `The sandbox refused (${status}).`;
}
