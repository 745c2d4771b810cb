// Whether the runs that are started on this device go on without it: the operator's choice, kept on the device.

import { ofBrowser } from './storage.js';

const KEY = 'alphasync.detaching';

export const readDetaching = (storage = ofBrowser) => storage.read(KEY) === true;

export const keepDetaching = (on, storage = ofBrowser) => storage.write(KEY, on);
