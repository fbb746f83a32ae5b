/** MSISDNs as people read and type them. */

/** "+254711000001" is "+254 711 000 001"; what is no such number is left as it is. */
export function spaced(msisdn) {
  return msisdn.replace(/^(\+\d{3})(\d{3})(\d{3})(\d{3})$/, "$1 $2 $3 $4");
}

/** The E.164 form of what was typed, with or without its + and spaces; null when it cannot be one. */
export function e164(typed) {
  const digits = typed.replace(/[\s()-]/g, "").replace(/^\+/, "");
  return /^[1-9]\d{6,14}$/.test(digits) ? `+${digits}` : null;
}

/** A number that hardly anybody has used yet. */
export function newNumber() {
  const [random] = crypto.getRandomValues(new Uint32Array(1));
  return `+254722${String(random % 1_000_000).padStart(6, "0")}`;
}
