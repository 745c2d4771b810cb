// A file that a spreadsheet reads and runs nothing of: as the server writes its own.

const BOM = '\ufeff'; // by it a spreadsheet knows UTF-8
const FORMULA = /^[=+\-@\t\r']/; // a cell that begins so would be one, but behind an apostrophe; and an apostrophe itself

function cellOf(value) {
  const text = typeof value === 'string' && FORMULA.test(value) ? `'${value}` : String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Rows of texts and numbers, and null for what is not known. */
export const csvOf = (rows) => BOM + rows.map((row) => `${row.map(cellOf).join(',')}\r\n`).join('');
