/** People who are there from the first moment, so that nobody has to set anything to try the phone. */

export const OWES_50 = { state: "suspended", balance_minor: -5000, currency: "KES" };

export const READY = [
  { msisdn: "+254711000001", name: "Amina", line: OWES_50 },
  { msisdn: "+254711000002", name: "Brian", line: { state: "active", balance_minor: 12000, currency: "KES" } },
  { msisdn: "+254711000003", name: "Chebet", line: { state: "barred", balance_minor: 0, currency: "KES" } },
  { msisdn: "+254711000004", name: "Daudi", line: { state: "gone", balance_minor: 0, currency: "KES" } },
];

/** Introduce those whom the sandbox has not met yet. The others' lines stay what became of them. */
export async function introduce(sandbox) {
  const known = new Set(await sandbox.phones());
  const strangers = READY.filter(({ msisdn }) => !known.has(msisdn));
  await Promise.all(strangers.map(({ msisdn, line }) => sandbox.setLine(msisdn, line)));
}
