import { html } from 'ghtml';

import { SETTINGS_PATH, STYLE_PATH } from '../paths.mts';

export interface Crumb {
	text: string;
	href?: string;
}

/**
 * A page of the settings. Templates escape what's put into them; `!${…}` takes HTML made by another
 * template as it is.
 */
export function layout({
	title,
	crumbs = [],
	content,
}: {
	title: string;
	/** After "Webhooks". */
	crumbs?: Crumb[];
	content: string;
}): string {
	const path: Crumb[] = [
		{ text: 'Settings' },
		{ text: 'Integrations' },
		{ text: 'Webhooks', href: SETTINGS_PATH },
		...crumbs,
	];
	return html`<!doctype html>
		<html lang="en">
			<head>
				<meta charset="utf-8" />
				<meta name="viewport" content="width=device-width, initial-scale=1" />
				<meta name="color-scheme" content="light dark" />
				<title>${title} · AUDITDEX sandbox</title>
				<link rel="stylesheet" href="${STYLE_PATH}" />
				<link rel="icon" href="data:," />
			</head>
			<body>
				<header class="bar"><strong>AUDITDEX</strong> <span>Sandbox</span></header>
				<main>
					<nav aria-label="Breadcrumb">
						<ol>
							!${path.map(crumb)}
						</ol>
					</nav>
					!${content}
				</main>
			</body>
		</html>`;
}

function crumb({ text, href }: Crumb): string {
	return href ? html`<li><a href="${href}">${text}</a></li>` : html`<li>${text}</li>`;
}
