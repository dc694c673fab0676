// Stands for `first.js` in the script of a page that is one file: it has its report and its module inside, so nothing is drawn before.
export const is_first = () => false;
export const begin = () => {};
export const draw = () => ["", undefined];
export const later = (load) => load();
export const want = () => {};
export const end = () => {};
export const cancel = () => {};
