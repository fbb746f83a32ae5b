/** The world's words in ours. */

const LINES = { active: "Active", suspended: "Suspended", barred: "Barred", gone: "Not known" };

/** A line's state; one that we have no word for is shown as the sandbox says it. */
export function lineInWords(state) {
  return LINES[state] ?? state;
}

const FAILURES = {
  "unknown code": "The network knows no such code.",
  timeout: "Redial did not answer in time.",
  unreachable: "Redial cannot be reached.",
  "neither CON nor END": "Redial answered with neither CON nor END.",
  "session too long": "The network ended the session.",
};

/** Why the network speaks instead of the application, from the sandbox's word for it. */
export function failureInWords(failed) {
  const status = /^status (\d+)$/.exec(failed);
  if (status) return `Redial answered with HTTP status ${status[1]}.`;
  return FAILURES[failed] ?? failed;
}
