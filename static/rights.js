// What each role may do, as the server has it. The server decides: what a role may not do is only not offered here. Where no
// role is known, as with a server of before there were roles, all is offered.

/** The roles; each may do what those before it may. */
export const ROLES = Object.freeze(['viewer', 'operator', 'manager', 'admin']);

/** The least role that has a right. */
export const LEAST = Object.freeze({
  see: 'viewer',
  work: 'operator',
  clear: 'manager',
  others: 'manager',
  oversee: 'manager',
  administer: 'admin',
});

/** What a command takes that takes more than to see, and with it what is pressed to send it; the runs and plans of others take `others` besides. */
export const COMMANDS = Object.freeze({
  updateMessage: 'work',
  clearMessage: 'work',
  restoreVersion: 'work',
  updateAttachments: 'work',
  previewRun: 'work',
  startProcessing: 'work',
  stopProcessing: 'work',
  stopAllProcessing: 'work',
  pauseProcessing: 'work',
  resumeProcessing: 'work',
  takeOverProcessing: 'work',
  planRun: 'work',
  changePlan: 'work',
  cancelPlan: 'work',
  resolveUncertain: 'work',
  clearBlocklist: 'clear',
  removeFromBlocklist: 'clear',
  addDoNotContact: 'work',
  removeDoNotContact: 'clear',
});

const text = (value) => (typeof value === 'string' ? value : '');

/** Who is signed in, `{role, team, operatorId}`, from what the server says of a device; empty is what is not known. */
export const whoOf = (data, operatorId) => ({ role: text(data?.role), team: text(data?.team), operatorId });

export const NOBODY = Object.freeze(whoOf(null, ''));

/** Whether they have a right. */
export function may(who, right) {
  const at = ROLES.indexOf(who?.role);
  return at === -1 || at >= ROLES.indexOf(LEAST[right]);
}

/** Whether a run or a plan is theirs to stop and change. */
export function isTheirs(who, { operatorId }) {
  return may(who, COMMANDS.stopProcessing) && (may(who, 'others') || operatorId === '' || operatorId === who.operatorId);
}

/** Whether they name and sign out the devices of others. */
export const administers = (who) => who.team !== '' && may(who, 'administer');
