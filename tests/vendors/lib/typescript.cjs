// Reads the types of a package for Node.js with the compiler of TypeScript, and prints a graph as JSON.
// The files are parsed and type-checked, never run.
//
//   node typescript.cjs TYPESCRIPT KIND ROOT FILE…
//
// KIND: `client` (methods that call `_client.post(path, …)`), `functions` (one function with `pathToFunc` each),
// `declared` (each method of each exported class or interface is an operation), `bundle` (names in JavaScript).

const path = require('node:path');
const [compiler, kind, root, ...files] = process.argv.slice(2);
const ts = require(compiler);
const graph = { operations: {}, messages: {}, types: {}, aliases: {}, words: [] };
const program = ts.createProgram(files, {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  noEmit: true,
  skipLibCheck: true,
  strict: true,
  allowJs: kind === 'bundle',
  types: [],
});
const checker = program.getTypeChecker();
const VERBS = { get: 'GET', post: 'POST', put: 'PUT', patch: 'PATCH', delete: 'DELETE', getAPIList: 'GET' };
const OPAQUE = new Set([
  'Date',
  'Blob',
  'File',
  'Response',
  'ReadableStream',
  'AbortSignal',
  'Uint8Array',
  'Buffer',
  'ArrayBuffer',
  'URL',
  'Promise',
  'Headers',
  'FormData',
  'RegExp',
  'Function',
]);

const operation = (at) => (graph.operations[at] ??= { body: '', query: [], headers: [] });
const base = (file) =>
  path
    .relative(root, file)
    .replace(/(\.d)?\.[cm]?[jt]s$/, '')
    .replace(/^(src|esm|dist)\//, '')
    .replace(/^resources\//, '');

// --- Types ---

function nameOf(symbol) {
  const parts = [];
  for (let s = symbol; s && !(s.flags & ts.SymbolFlags.ValueModule); s = s.parent) parts.unshift(s.name);
  const file = symbol.declarations?.[0]?.getSourceFile().fileName;
  return `${file ? base(file) : ''}:${parts.join('.')}`.replace(/\s/g, '_');
}

function refs(type, owner, depth = 0) {
  if (depth > 12) return ['?'];
  if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.NonPrimitive | ts.TypeFlags.TypeParameter))
    return ['?'];
  if (type.flags & (ts.TypeFlags.Null | ts.TypeFlags.Undefined | ts.TypeFlags.Void | ts.TypeFlags.Never)) return [];
  if (type.flags & ts.TypeFlags.StringLiteral) return [`=${type.value.replace(/\s/g, '_')}`];
  if (type.isUnion()) return union(type, owner, depth);
  if (
    type.isIntersection() &&
    type.types.some((t) => !(t.flags & (ts.TypeFlags.Object | ts.TypeFlags.Union | ts.TypeFlags.Intersection)))
  )
    return ['-'];
  if (!(type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection))) return ['-'];
  const symbol = type.aliasSymbol ?? type.symbol;
  if (type.symbol && OPAQUE.has(type.symbol.name)) return ['-'];
  if (checker.isArrayType(type) || checker.isTupleType(type)) {
    const inner = checker.getTypeArguments(type);
    return inner.length ? [...new Set(inner.flatMap((t) => refs(t, owner, depth + 1)))].map((r) => `*${r}`) : ['*?'];
  }
  if (type.getCallSignatures().length || type.getConstructSignatures().length) return ['-'];
  const index = checker.getIndexTypeOfType(type, ts.IndexKind.String);
  const members = checker.getPropertiesOfType(type);
  const map = index ? refs(index, owner, depth + 1).map((r) => `{}${r}`) : [];
  if (!members.length) return map.length ? map : ['?'];
  const named = symbol && !symbol.name.startsWith('__') && !type.aliasTypeArguments && !type.typeArguments?.length;
  const name = named ? nameOf(symbol) : owner;
  define(name, type, members);
  return [name, ...map];
}

function union(type, owner, depth) {
  const flat = () => [...new Set(type.types.flatMap((t, i) => refs(t, `${owner}`, depth + 1)))];
  if (!type.aliasSymbol || type.aliasTypeArguments) return flat();
  const name = nameOf(type.aliasSymbol);
  if (!graph.aliases[name]) {
    graph.aliases[name] = ['-'];
    graph.aliases[name] = flat();
  }
  return [name];
}

const filled = new Map();
function define(name, type, members) {
  const done = filled.get(name) ?? filled.set(name, new Set()).get(name);
  if (done.has(type)) return;
  done.add(type);
  const mine = (graph.types[name] ??= Object.create(null));
  for (const member of members) {
    if (member.name.startsWith('__@') || member.name.startsWith('#')) continue;
    const wire = member.name.replace(/\s/g, '_');
    const found = refs(checker.getTypeOfSymbol(member), `${name}.${wire}`);
    mine[wire] = [...new Set([...(mine[wire] ?? []), ...found])];
  }
}

// --- Operations ---

function text(node) {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTaggedTemplateExpression(node)) return text(node.template);
  if (ts.isTemplateExpression(node))
    return (
      node.head.text +
      node.templateSpans
        .map((s) => `{${s.expression.getText().split(/[.([]/).pop().replace(/\W/g, '') || ''}}${s.literal.text}`)
        .join('')
    );
  return null;
}

function walk(node, visit) {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

function property(node, name) {
  const found = [];
  walk(node, (inner) => {
    if (ts.isShorthandPropertyAssignment(inner) && inner.name.text === name) {
      found.push(checker.getTypeOfSymbol(checker.getShorthandAssignmentValueSymbol(inner)));
    } else if (ts.isPropertyAssignment(inner) && inner.name.text === name)
      found.push(checker.getTypeAtLocation(inner.initializer));
  });
  return found;
}

function addBody(one, at, types) {
  for (const type of types) {
    one.body = at.replace(' ', ':');
    graph.types[one.body] ??= Object.create(null);
    for (const ref of flatten(refs(type, `${one.body}.body`))) {
      for (const [member, inner] of Object.entries(graph.types[ref] ?? {})) {
        graph.types[one.body][member] = [...new Set([...(graph.types[one.body][member] ?? []), ...inner])];
      }
    }
  }
}

const flatten = (list) => list.flatMap((r) => (graph.aliases[r] ? flatten(graph.aliases[r]) : [r]));

function clientCall(node) {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return;
  const verb = VERBS[node.expression.name.text];
  if (!verb || !node.expression.expression.getText().endsWith('_client') || !node.arguments.length) return;
  const where = text(node.arguments[0]);
  if (!where) return;
  const [clean, query] = where.split('?');
  const rest = node.arguments.slice(1);
  const stated = rest.flatMap((arg) => {
    const out = [];
    walk(arg, (n) => {
      if (ts.isPropertyAssignment(n) && n.name.getText() === 'method' && ts.isStringLiteral(n.initializer))
        out.push(n.initializer.text.toUpperCase());
    });
    return out;
  });
  const at = `${stated[0] ?? verb} ${clean.replace(/\s/g, '')}`;
  const one = operation(at);
  if (query) one.query.push(query.split('=')[0]);
  for (const arg of rest) {
    addBody(one, at, property(arg, 'body'));
    for (const type of property(arg, 'query'))
      one.query.push(...checker.getPropertiesOfType(checker.getNonNullableType(type)).map((p) => p.name));
    walk(arg, (n) => {
      if (ts.isPropertyAssignment(n) && ts.isStringLiteral(n.name) && /^[A-Za-z][A-Za-z-]+$/.test(n.name.text))
        one.headers.push(n.name.text.toLowerCase());
    });
  }
}

function sender(node, file) {
  if (!ts.isMethodDeclaration(node) || node.name.getText() !== 'send' || !node.parameters.length) return;
  const found = refs(checker.getTypeAtLocation(node.parameters[0]), `send.${base(file)}`).filter(
    (r) => r !== '-' && r !== '?',
  );
  if (found.length) graph.messages[base(file)] = found;
}

function functionFile(source) {
  let where = null,
    verb = null;
  const bodies = [];
  walk(source, (node) => {
    if (ts.isCallExpression(node) && node.expression.getText() === 'pathToFunc') where = text(node.arguments[0]);
    if (ts.isPropertyAssignment(node) && node.name.getText() === 'method' && ts.isStringLiteral(node.initializer))
      verb = node.initializer.text;
    if (ts.isIdentifier(node) && node.text.endsWith('$outboundSchema')) bodies.push(node);
  });
  if (!where || !verb) return;
  where = where.split('#')[0];
  if (/[{]/.test(where) || !/^(POST|PUT|PATCH)$/.test(verb)) bodies.length = 0;
  const at = `${verb} ${where}`;
  const one = operation(at);
  for (const node of bodies) {
    const symbol = checker.getSymbolAtLocation(node);
    const target = symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const home = target?.declarations?.[0]?.getSourceFile();
    const outbound =
      home &&
      checker.getSymbolAtLocation(home) &&
      checker
        .getExportsOfModule(checker.getSymbolAtLocation(home))
        .find((s) => s.name === node.text.replace('$outboundSchema', '$Outbound'));
    if (outbound) addBody(one, at, [checker.getDeclaredTypeOfSymbol(outbound)]);
  }
}

function declared(source) {
  const module = checker.getSymbolAtLocation(source);
  for (const symbol of module ? checker.getExportsOfModule(module) : []) {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    for (const declaration of target.declarations ?? []) {
      if (ts.isTypeAliasDeclaration(declaration) || ts.isInterfaceDeclaration(declaration)) {
        addBody(operation(`TYPE ${target.name}`), `TYPE ${target.name}`, [checker.getDeclaredTypeOfSymbol(target)]);
      }
      if (!ts.isClassDeclaration(declaration)) continue;
      for (const member of declaration.members) {
        const method = ts.isMethodDeclaration(member) ? member : null;
        const type = method ? null : member.type && checker.getTypeAtLocation(member.type).getCallSignatures()[0];
        const parameters = method
          ? method.parameters.map((p) => checker.getTypeAtLocation(p))
          : type
            ? type.parameters.map((p) => checker.getTypeOfSymbol(p))
            : [];
        const at = `CALL ${target.name}.${member.name?.getText()}`;
        if (parameters.length && !/private|protected/.test(member.getText().slice(0, 20)))
          addBody(operation(at), at, parameters);
      }
    }
  }
}

function bundle(source) {
  const words = new Set();
  walk(source, (node) => {
    if (
      (ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node)) &&
      (ts.isIdentifier(node.name) || ts.isStringLiteral(node.name))
    )
      words.add(node.name.text);
    if (
      ts.isBinaryExpression(node) &&
      node.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
      ts.isPropertyAccessExpression(node.left)
    )
      words.add(node.left.name.text);
    const where =
      (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) && text(node)?.replace(/^\{[^}]*\}(?=\/)/, '');
    if (where && /^\/[a-z0-9_.{}A-Z:/-]+$/.test(where) && where.length > 2) operation(`CALL ${where}`);
  });
  graph.words.push(...[...words].filter((w) => /^[A-Za-z][A-Za-z0-9_-]*$/.test(w)));
}

for (const source of program.getSourceFiles()) {
  if (!source.fileName.startsWith(root) || source.fileName.includes('/node_modules/')) continue;
  if (kind === 'client')
    walk(source, (node) => {
      clientCall(node);
      sender(node, source.fileName);
    });
  if (kind === 'functions' && source.fileName.includes('/funcs/')) functionFile(source);
  if (kind === 'declared' && files.includes(source.fileName)) declared(source);
  if (kind === 'bundle' && files.includes(source.fileName))
    source.isDeclarationFile ? declared(source) : bundle(source);
}
process.stdout.write(JSON.stringify(graph));
