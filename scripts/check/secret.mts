import { CannotCheck } from './cannotCheck.mts';

const CONTROL_C = '\u0003';
const BACKSPACE = '\u007f';

/**
 * A secret from the environment, else asked for on the terminal without being shown.
 * @throws CannotCheck where there is neither
 */
export async function askSecret(variable: string, what: string): Promise<string> {
	const given = process.env[variable];
	if (given) return given;
	const { stdin, stderr } = process;
	if (!stdin.isTTY) throw new CannotCheck(`${variable} is not set, and there is nobody to ask.`);
	stderr.write(`${what} (not shown): `);
	stdin.setRawMode(true);
	let secret = '';
	try {
		for await (const chunk of stdin.setEncoding('utf8')) {
			for (const character of String(chunk)) {
				if (character === CONTROL_C) throw new CannotCheck('Stopped.');
				if (character === '\r' || character === '\n') return secret;
				secret = character === BACKSPACE ? secret.slice(0, -1) : secret + character;
			}
		}
		return secret;
	} finally {
		stdin.setRawMode(false);
		stdin.pause();
		stderr.write('\n');
	}
}
