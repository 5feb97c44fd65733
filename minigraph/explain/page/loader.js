"use strict";
// The page's script is packed beside this one. It is unpacked and run; the policy names both by their hashes, and no other runs.
(async () => {
  const packed = Uint8Array.from(atob(document.getElementById("ui--script").textContent), (letter) => letter.charCodeAt(0));
  const text = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
  const script = document.createElement("script");
  script.textContent = text;
  document.body.append(script);
})();
