/** Where a browser gives the wallet no key or no storage, there is no phone. */
export const Stuck = ({ secure }: { secure: boolean }) => (
  <main className="phone phone--stuck">
    <h1>This browser cannot be a phone</h1>
    <p>
      {secure
        ? 'The wallet keeps an Ed25519 key and a counter in this browser, and the browser does not let it. Use a current Chrome, Firefox, Edge or Safari, outside of a private window.'
        : 'The wallet keeps a key, and browsers allow that only on localhost or over https. Open this page there.'}
    </p>
  </main>
)
