import { html } from 'ghtml';

import { SETTINGS_PATH } from '../paths.mts';
import { layout } from './layout.mts';

export function messagePage(title: string, message: string): string {
	return layout({
		title,
		content: html`
			<h1>${title}</h1>
			<p>${message}</p>
			<p><a href="${SETTINGS_PATH}">Back to the webhooks</a></p>
		`,
	});
}
