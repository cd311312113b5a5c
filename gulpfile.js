const { dest, parallel, src } = require('gulp');

// tsc leaves out what isn't TypeScript; n8n looks for these beside the compiled files.
const icons = () => src('icons/*.svg').pipe(dest('dist/icons'));
const codex = () => src('nodes/**/*.node.json').pipe(dest('dist/nodes'));

exports.default = parallel(icons, codex);
