/** How an upgrade may end: proven, or otherwise with the reason named. */
export const namedEnds = /^(proven|timed-out|refused: [A-Z]\w+(, [A-Z]\w+)*|contradicted: [A-Z]\w+(, [A-Z]\w+)*)$/;
