/** What GitHub lets links in a document lead to: its headings, as lower-case words with hyphens. */
export function anchorsIn(markdown: string): string[] {
	return markdown
		.replace(/```[\s\S]*?```/g, '')
		.split('\n')
		.filter((line) => /^#+ /.test(line))
		.map((line) =>
			line
				.replace(/^#+ /, '')
				.toLowerCase()
				.replace(/[^\p{L}\p{N}\s_-]/gu, '')
				.trim()
				.replace(/\s/g, '-'),
		);
}
