// The page's script is packed beside this one. It is unpacked and run; the policy names both by their hashes, and no other runs.
(async () => {
  const fail = (why) => {
    document.querySelector("[data-trouble]").textContent = `${why} Below are the circuit of the run and its steps.`;
    document.body.classList.add("still");
  };
  document.body.classList.remove("still");
  if (typeof DecompressionStream === "undefined") {
    return fail("This browser cannot unpack the page's script (it has no DecompressionStream): take Chrome or Edge 110, Firefox 115 or Safari 16.4, all of 2023, or any later.");
  }
  const unpacked = (name) => {
    const packed = Uint8Array.from(atob(document.getElementById(`ui--${name}`).textContent), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
  };
  if (typeof prepare === "function") await prepare(unpacked); // where a page has several runs to choose among
  const script = document.createElement("script");
  script.textContent = await unpacked("script");
  const heard = ({ message }) => fail(`The page's script does not run in this browser (${message}).`);
  addEventListener("error", heard);
  document.body.append(script);
  removeEventListener("error", heard);
})();
