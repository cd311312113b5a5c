import { existsSync } from 'node:fs';

import { run } from '../../../scripts/n8n/run.mts';

/**
 * Installs Debian packages as root or with sudo. Debian starts a service as soon as it's installed;
 * that is refused meanwhile (policy-rc.d is its own means for that), as ours run from folders and on
 * ports of their own.
 * @throws Error that says what to install where apt-get can't
 */
export async function installDebianPackages(names: string[]): Promise<void> {
	const all = names.join(' ');
	if (!existsSync('/usr/bin/apt-get')) {
		throw new Error(`Install ${all} with your system's package manager, then try again`);
	}
	const script = `
		set -e
		policy=/usr/sbin/policy-rc.d
		if [ ! -e "$policy" ]; then
			printf '#!/bin/sh\\nexit 101\\n' > "$policy"
			chmod 755 "$policy"
			trap 'rm -f "$policy"' EXIT
		fi
		export DEBIAN_FRONTEND=noninteractive
		apt-get update -qq
		apt-get install -y -qq --no-install-recommends ${all}`;
	const asRoot = process.getuid?.() === 0 ? [] : ['sudo'];
	const [command, ...args] = [...asRoot, 'sh', '-c', script];
	await run(`Installing ${all}`, command!, args, { cwd: '/' });
}
