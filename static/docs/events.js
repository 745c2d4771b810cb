// The commands and events, from the AsyncAPI document: each with its fields, and a command with its acknowledgement.

import { failed } from './failed.js';

const NAME = /([^/]+)$/;

function element(tag, text = '', className = '') {
  const node = document.createElement(tag);
  node.textContent = text;
  if (className) node.className = className;
  return node;
}

/** Text in which `code` stands between backquotes. */
function prose(text, tag = 'p') {
  const node = element(tag);
  text.split('`').forEach((part, at) => node.append(at % 2 ? element('code', part) : part));
  return node;
}

/** What a schema says that a value is, in words. */
function kindOf(schema) {
  if (schema.$ref) return 'object';
  if (schema.anyOf) return [...new Set(schema.anyOf.map(kindOf))].join(' or ');
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(', ');
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.type === 'array') return `list of ${kindOf(schema.items ?? {})}`;
  return schema.type ?? 'anything';
}

/** The object that a schema is, or holds: itself, in a list, or beside null. */
function objectIn(schema, schemas) {
  if (schema.$ref) return objectIn(schemas[NAME.exec(schema.$ref)[1]], schemas);
  if (schema.properties) return schema;
  if (schema.items) return objectIn(schema.items, schemas);
  return schema.anyOf?.map((each) => objectIn(each, schemas)).find(Boolean);
}

function* rows(schema, schemas, before = '', within = []) {
  const found = objectIn(schema, schemas);
  if (!found || within.includes(found)) return;
  for (const [name, field] of Object.entries(found.properties)) {
    const several = field.type === 'array' || field.anyOf?.some(({ type }) => type === 'array');
    const path = `${before}${name}${several ? '[]' : ''}`;
    const optional = found.required?.includes(name) ? '' : ', optional';
    yield [path, `${kindOf(field)}${optional}`, field.description ?? ''];
    yield* rows(field, schemas, `${path}.`, [...within, found]);
  }
}

function table(schema, schemas) {
  const all = [...rows(schema, schemas)];
  if (all.length === 0) return element('p', 'No fields.', 'soft');
  const node = element('table');
  const head = node.createTHead().insertRow();
  for (const title of ['field', 'type', '']) {
    const cell = element('th', title);
    cell.scope = 'col';
    head.append(cell);
  }
  const body = node.createTBody();
  for (const [path, kind, said] of all) {
    const row = body.insertRow();
    row.append(element('td'), element('td', kind), prose(said, 'td'));
    row.firstChild.append(element('code', path));
  }
  const scroller = element('div', '', 'scroller');
  scroller.tabIndex = 0;
  scroller.setAttribute('role', 'group');
  scroller.setAttribute('aria-label', 'Fields');
  scroller.append(node);
  return scroller;
}

function message({ name, summary, description, payload }, { schemas, refused, answer }) {
  const node = element('details', '', 'message');
  node.dataset.name = name.toLowerCase();
  const head = element('summary');
  head.append(element('code', name), element('span', summary.split(/[.:] /)[0].replace(/\.$/, ''), 'brief'));
  node.append(head);
  // Made as it is opened: there are some thousand rows in all.
  node.addEventListener('toggle', () => {
    if (node.childElementCount > 1) return;
    node.append(prose(summary), prose(description), table(payload, schemas));
    if (answer) node.append(element('h3', 'Acknowledged with'), table(answer, schemas));
    if (refused) node.append(prose(refused));
  });
  return node;
}

function show({ info, operations, components: { messages, schemas } }) {
  document.querySelector('.about').replaceWith(Object.assign(prose(info.description), { className: 'about' }));
  for (const operation of Object.values(operations)) {
    const name = NAME.exec(operation.messages[0].$ref)[1];
    const isCommand = operation.action === 'receive';
    const answer = isCommand ? messages[`${name}.ack`].payload.oneOf[0].allOf[1] : null;
    const node = message(messages[name], { schemas, refused: isCommand && operation.summary, answer });
    document.getElementById(isCommand ? 'commands' : 'sent').append(node);
  }
}

const box = document.querySelector('.find input');

function find() {
  const wanted = box.value.trim().toLowerCase();
  const all = [...document.querySelectorAll('.message')];
  for (const node of all) node.hidden = !node.dataset.name.includes(wanted);
  document.querySelector('.none').textContent = all.every((node) => node.hidden) ? 'Nothing is called so.' : '';
}

box.addEventListener('input', find);
fetch('/docs/asyncapi.json')
  .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.statusText))))
  .then(show)
  .then(find) // what was typed before there was anything to find
  .catch(() => failed(document.getElementById('events')));
