/** Finds the words of sentences that stand on two lines: a script for a browser. */
export const BROKEN_WORDS = `
(() => {
  const found = [];
  for (const element of document.querySelectorAll('summary > *, li, dt, p, h1, h2, h3')) {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      for (const { 0: word, index } of node.textContent.matchAll(/[^\\s/-]+/g)) {
        const range = document.createRange();
        range.setStart(node, index);
        range.setEnd(node, index + word.length);
        const tops = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
        if (tops.size > 1) found.push(word);
      }
    }
  }
  return found;
})()`;
