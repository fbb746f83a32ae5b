/** Money as the sandbox counts it (integer minor units and an ISO 4217 currency) and as people read and write it. */

/** How many digits of the currency stand after the point. */
function digitsOf(currency) {
  return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
}

/** `-5000, "KES"` is "−KES 50.00". No arithmetic: the point is put into the digits. */
export function shown(minor, currency) {
  const places = digitsOf(currency);
  const digits = String(Math.abs(minor)).padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places).replace(/\B(?=(\d{3})+$)/g, ",");
  const rest = places ? `.${digits.slice(-places)}` : "";
  return `${minor < 0 ? "−" : ""}${currency} ${whole}${rest}`;
}

/** What a person typed, such as "1,000.50", in minor units; null when it is no amount. */
export function minorOf(text, currency) {
  const places = digitsOf(currency);
  const match = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(text.replace(/[\s,]/g, ""));
  if (!match || (match[2] ?? "").length > places) return null;
  return Number(match[1] + (match[2] ?? "").padEnd(places, "0"));
}
