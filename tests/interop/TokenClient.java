// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026 the sinbun authors
// A Java program with a token through SunPKCS11, in the manner of Oracle's PKCS#11 reference guide.
//   java TokenClient.java CONFIGURATION[,CONFIGURATION…] PIN-FILE ALIAS sign            signs and verifies; once more for each line of standard input
//   java TokenClient.java CONFIGURATION PIN-FILE ALIAS get PORT TRUSTED.pem PROTOCOL    fetches https://localhost:PORT/ with the certificate
//   java TokenClient.java CONFIGURATION PIN-FILE ALIAS serve PORT TRUSTED.pem           answers one client, who needs a certificate
import java.io.*;
import java.net.URL;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import javax.net.ssl.*;

public class TokenClient {
	static KeyStore open(Provider provider, char[] pin) throws Exception {
		KeyStore store = KeyStore.getInstance("PKCS11", provider);
		store.load(null, pin);
		return store;
	}

	static void sign(KeyStore store, Provider provider, String alias) throws Exception {
		java.security.cert.Certificate certificate = store.getCertificate(alias);
		if (certificate == null)
			throw new KeyStoreException("no certificate " + alias + " among " + java.util.Collections.list(store.aliases()));
		Signature signature = Signature.getInstance("SHA256withECDSA", provider);
		signature.initSign((PrivateKey)store.getKey(alias, null));
		signature.update("a message".getBytes());
		byte[] value = signature.sign();
		Signature verifier = Signature.getInstance("SHA256withECDSA", "SunEC");
		verifier.initVerify(certificate.getPublicKey());
		verifier.update("a message".getBytes());
		System.out.println(verifier.verify(value) ? "signed and verified" : "a bad signature");
	}

	static SSLContext context(KeyStore store, String trusted) throws Exception {
		KeyStore anchors = KeyStore.getInstance("PKCS12");
		anchors.load(null, null);
		try (InputStream in = new FileInputStream(trusted)) {
			int n = 0;
			for (java.security.cert.Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(in))
				anchors.setCertificateEntry("trusted" + n++, one);
		}
		KeyManagerFactory keys = KeyManagerFactory.getInstance("NewSunX509");
		keys.init(new KeyStoreBuilderParameters(KeyStore.Builder.newInstance(store, new KeyStore.PasswordProtection(null))));
		TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
		trust.init(anchors);
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
		return context;
	}

	static void get(SSLContext context, int port, String protocol) throws Exception {
		try (SSLSocket socket = (SSLSocket)context.getSocketFactory().createSocket("localhost", port)) {
			socket.setEnabledProtocols(new String[] {protocol});
			socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes());
			socket.getInputStream().transferTo(System.out);
		}
	}

	static void serve(SSLContext context, int port) throws Exception {
		try (SSLServerSocket server = (SSLServerSocket)context.getServerSocketFactory().createServerSocket(port, 1, java.net.InetAddress.getLoopbackAddress())) {
			server.setNeedClientAuth(true);
			System.out.println("listening");
			SSLSocket socket = (SSLSocket)server.accept();
			BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream()));
			in.readLine();
			String text = "HTTP/1.0 200 OK\r\n\r\n" + socket.getSession().getPeerPrincipal() + "\n";
			socket.getOutputStream().write(text.getBytes());
			socket.close();
		}
	}

	public static void main(String[] args) throws Exception {
		char[] pin = Files.readString(Path.of(args[1])).trim().toCharArray();
		Provider provider = null;
		KeyStore store = null;
		for (String configuration : args[0].split(",")) {
			provider = Security.getProvider("SunPKCS11").configure(configuration);
			Security.addProvider(provider);
			store = open(provider, pin);
			System.out.println(provider.getName() + ": " + java.util.Collections.list(store.aliases()));
			if (args[3].equals("sign"))
				sign(store, provider, args[2]);
		}
		switch (args[3]) {
		case "sign":
			for (BufferedReader in = new BufferedReader(new InputStreamReader(System.in)); in.readLine() != null;)
				sign(store, provider, args[2]);
			break;
		case "get":
			get(context(store, args[5]), Integer.parseInt(args[4]), args[6]);
			break;
		case "serve":
			serve(context(store, args[5]), Integer.parseInt(args[4]));
			break;
		}
	}
}
